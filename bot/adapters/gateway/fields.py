"""An allow-list for JSON: a field that is not named is refused, one that is named is checked.

A check is given a value and where it stands, and gives back what is forwarded. Raises BadPayload.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.domain.errors import BadPayload

Check = Callable[[Any, str], Any]
DEEPEST = 60  # levels of what we do not look into


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


def fields(allowed: Mapping[str, Check]) -> Check:
    """An object with these fields in camelCase; snake_case is taken for the same."""

    def check(value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise BadPayload(f"{where or 'The body'} is no object.")
        found: dict[str, Any] = {}
        for given, inner in value.items():
            name = re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), given)
            at = f"{where}.{given}" if where else given
            if name not in allowed:
                raise BadPayload(f"{at[:200]} is not forwarded.")
            if name in found:
                raise BadPayload(f"{at[:200]} stands twice.")
            found[name] = None if inner is None else allowed[name](inner, at)
        return {name: inner for name, inner in found.items() if inner is not None}

    return check


def many(one: Check) -> Check:
    """A list of what ``one`` lets through."""

    def check(value: Any, where: str) -> list[Any]:
        if not isinstance(value, list):
            raise BadPayload(f"{where} is no list.")
        return [one(inner, f"{where}[{index}]") for index, inner in enumerate(value)]

    return check


def whole(least: int, most: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any, where: str) -> int:
        if type(value) is not int or not least <= value <= most:
            raise BadPayload(f"{where} is not from {least} to {most}.")
        return value

    return check


def text(value: Any, where: str) -> str:
    """Any string."""
    if not isinstance(value, str):
        raise BadPayload(f"{where} is no text.")
    return value


def flag(value: Any, where: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise BadPayload(f"{where} is neither true nor false.")
    return value


def number(value: Any, where: str) -> float:
    """Any number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadPayload(f"{where} is no number.")
    return value


def free(value: Any, where: str) -> Any:
    """Anything: what a model or a tool said, and nobody acts upon."""
    for _ in _objects(value, where):
        pass
    return value


def schema(value: Any, where: str) -> Any:
    """A JSON schema; it may point into itself only."""
    for found in _objects(value, where):
        for target in (found.get("$ref"), found.get("ref")):
            if isinstance(target, str) and not target.startswith("#"):
                raise BadPayload(f"{where} points elsewhere.")
    return value


def _objects(value: Any, where: str, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every object in a value."""
    if depth > DEEPEST:
        raise BadPayload(f"{where} is nested too deep.")
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _objects(each, where, depth + 1)
