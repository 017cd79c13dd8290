"""What E2B's own description, as its SDK ships it, says of a body.

The control plane's is the OpenAPI description in the SDK's client models, envd's the protobuf
descriptors of its RPCs. https://github.com/e2b-dev/E2B
"""

from __future__ import annotations

import json
import typing
from typing import Any

import attrs
from e2b.envd.filesystem.filesystem_pb import StatRequest, StatResponse
from e2b.envd.process.process_pb import StartRequest, StartResponse

RPC = {
    "/process.Process/Start": (StartRequest, StartResponse),
    "/filesystem.Filesystem/Stat": (StatRequest, StatResponse),
}
_SCALARS = (str, int, float, bool, type(None))


def wrong_body(model: type[Any], body: Any) -> str:
    """What of ``body`` is not of ``model``, a class of the SDK; or nothing."""
    try:
        return _strange(model.from_dict(body), model.__name__)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return f"{model.__name__}: {error!r}"


def _strange(read: Any, at: str) -> str:
    own = [field for field in attrs.fields(type(read)) if field.name != "additional_properties"]
    if own and read.additional_properties:
        return f"{at} has no {', '.join(sorted(read.additional_properties))}"
    for field in own:
        value = getattr(read, field.name)
        here = f"{at}.{field.name}"
        allowed = typing.get_args(field.type) or (field.type,)
        if type(value) in _SCALARS and typing.Any not in allowed and type(value) not in allowed:
            return f"{here} is a {type(value).__name__}"
        for inner in value if isinstance(value, list) else [value]:
            if attrs.has(type(inner)) and (found := _strange(inner, here)):
                return found
    return ""


def wrong_message(path: str, body: Any, *, answer: bool = False) -> str:
    """What of ``body`` is not of an RPC's request or answer; or nothing."""
    try:
        RPC[path][answer].from_json(json.dumps(body))
    except (TypeError, ValueError) as error:
        return str(error)
    return ""
