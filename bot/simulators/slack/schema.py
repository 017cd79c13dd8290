"""What ``blocks.schema.json`` finds wrong with a JSON value, in Slack's words.

The wording and the JSON pointer are the ones Slack answers with in
``response_metadata.messages``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

SCHEMA: dict[str, Any] = json.loads(
    files("bot.simulators.slack").joinpath("blocks.schema.json").read_text(encoding="utf-8")
)


class Problem(NamedTuple):
    """What is wrong, and where: ``pointer`` is a JSON pointer into the arguments."""

    message: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


Problems = list[Problem]


class Definition:
    """One definition of the schema."""

    def __init__(self, name: str) -> None:
        self._validator = _SlackValidator({**SCHEMA, "$ref": f"#/$defs/{name}"})

    def problems(self, value: object, pointer: str) -> Problems:
        """What a value at ``pointer`` breaks; empty when it fits. A null property counts as
        absent, as it does for Slack."""
        found = [
            Problem(message, pointer + "".join(f"/{part}" for part in error.absolute_path))
            for error in self._validator.iter_errors(_without_nulls(value))
            for message in _messages(error)
        ]
        return list(dict.fromkeys(found))


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return list(map(_without_nulls, value)) if isinstance(value, list) else value


def _messages(error: ValidationError) -> Iterator[str]:
    limit: Any = error.validator_value
    schema: Any = error.schema
    value: Any = error.instance
    match error.validator:
        case "required":
            yield from (f"missing required field: {name}" for name in limit if name not in value)
        case "additionalProperties":
            extra = (name for name in value if name not in schema["properties"])
            yield from (f"invalid additional property: {name}" for name in extra)
        case "type":
            yield f"must be {'an' if limit[0] in 'aio' else 'a'} {limit}"
        case "const":
            yield f"unsupported type: {value}"
        case "enum":
            yield f"must be one of: {', '.join(limit)}"
        case "pattern":
            yield f"must match pattern {limit}"
        case "maxLength":
            yield f"must be less than {limit + 1} characters"
        case "minLength":
            yield f"must be more than {limit - 1} characters"
        case "maxItems":
            yield f"no more than {limit} items allowed"
        case "minItems":
            yield f"no less than {limit} items allowed"
        case "minimum" | "maximum":
            yield f"must be between {schema['minimum']} and {schema['maximum']}"
        case _:
            yield error.message


Errors = Iterator[ValidationError]


def _one_of(validator: Validator, alternatives: Any, value: Any, _schema: Any) -> Errors:
    if names := _required(alternatives):
        if isinstance(value, dict) and sum(name in value for name in names) != 1:
            yield ValidationError(f"must define exactly one of {_either(names)}")
    else:
        yield from _by_type(validator, alternatives, value)


def _any_of(validator: Validator, alternatives: Any, value: Any, _schema: Any) -> Errors:
    if names := _required(alternatives):
        if isinstance(value, dict) and not any(name in value for name in names):
            yield ValidationError(f"must define either {_either(names)}")
    elif found := list(_by_type(validator, alternatives, value)):
        yield ValidationError("failed to match all allowed schemas")
        yield from found


def _required(alternatives: Any) -> list[str]:
    return [name for one in alternatives for name in one.get("required", ())]


def _either(names: list[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def _by_type(validator: Validator, alternatives: Any, value: Any) -> Errors:
    """Only the alternative that ``type`` names is looked at: it alone says what is wrong, and a
    card is checked ten times faster."""
    if not isinstance(value, dict):
        yield ValidationError("must be an object")
    elif not value.get("type"):
        yield ValidationError("missing required field: type")
    else:
        for one in alternatives:
            if _TYPES[one["$ref"]] == value["type"]:
                yield from validator.evolve(schema=one).iter_errors(value)
                return
        yield ValidationError(f"unsupported type: {value['type']}", path=["type"])


_TYPES = {
    f"#/$defs/{name}": definition["properties"]["type"]["const"]
    for name, definition in SCHEMA["$defs"].items()
    if "type" in definition.get("properties", {})
}
_SlackValidator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"oneOf": _one_of, "anyOf": _any_of}
)
