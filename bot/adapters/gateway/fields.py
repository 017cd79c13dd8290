"""An allow-list for JSON: a field that is not named is refused, one that is named is checked. What
may be forwarded is a pydantic model without a field for anything else. Raises BadPayload."""

import json
import re
from collections.abc import Iterator
from types import GenericAlias
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, create_model
from pydantic.alias_generators import to_snake

from bot.domain.errors import BadPayload

DEEPEST = 60  # levels of what we do not look into
_CLOSED = ConfigDict(extra="forbid", strict=True, alias_generator=to_snake, populate_by_name=True)


def parse(raw: bytes) -> dict[str, Any]:
    """A JSON object in which no name stands twice."""
    try:
        found = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadPayload("The body is no JSON object.") from error
    if not isinstance(found, dict):
        raise BadPayload("The body is no JSON object.")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadPayload("A field stands twice.")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(name)


def fields(allowed: dict[str, Any]) -> Any:
    """An object with these fields, by their types, in camelCase; snake_case is the same."""
    optional: dict[str, Any] = {name: (kind | None, None) for name, kind in allowed.items()}
    return create_model("Fields", __config__=_CLOSED, **optional)


def words(*names: str) -> dict[str, Any]:
    """Fields of text."""
    return dict.fromkeys(names, str)


def many(one: Any) -> Any:
    """A list of what ``one`` is."""
    return GenericAlias(list, one)


def forwarded(allowed: type[BaseModel], body: dict[str, Any]) -> dict[str, Any]:
    """``body`` written anew from what is allowed; what is null is left out."""
    try:
        return allowed.model_validate(body).model_dump(exclude_none=True)
    except ValidationError as error:
        # of several shapes that a value may have, the one that fitted furthest tells most
        all_of = error.errors(include_url=False, include_input=False)
        first = max(all_of, key=lambda one: len(one["loc"]))
    # names of shapes stand among the steps, too
    path = [step for step in first["loc"] if isinstance(step, int) or re.fullmatch(r"\w+", step)]
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    where = "".join(steps).lstrip(".")[:200]
    if first["type"] == "extra_forbidden":
        raise BadPayload(f"{where} is not forwarded.")
    raise BadPayload(f"{where}: {first['msg'].removeprefix('Value error, ')[:90]}.")


def _not_too_deep(value: Any) -> Any:
    for _ in _objects(value):
        pass
    return value


def _not_elsewhere(value: Any) -> Any:
    for found in _objects(value):
        for target in (found.get("$ref"), found.get("ref")):
            if isinstance(target, str) and not target.startswith("#"):
                raise ValueError("it points elsewhere")
    return value


FREE = Annotated[Any, AfterValidator(_not_too_deep)]
"""Anything: what a model or a tool said, and nobody acts upon."""

SCHEMA = Annotated[Any, AfterValidator(_not_elsewhere)]
"""A JSON schema; it may point into itself only."""


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > DEEPEST:
        raise ValueError("it is nested too deep")
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _objects(each, depth + 1)
