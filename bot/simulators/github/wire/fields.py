"""Reading a JSON body field by field, refusing it in GitHub's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.simulators.github.errors import malformed
from bot.simulators.github.records import Json

_NAMES: Mapping[type, str] = {str: "a string", int: "an integer", bool: "a boolean"}


def _typed(body: Json, name: str, kind: type) -> Any:
    value = body.get(name)
    right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if value is not None and not right:
        raise malformed(f"For 'properties/{name}', {value!r} is not {_NAMES[kind]}.")
    return value


def text(body: Json, name: str) -> str | None:
    """A string, or None where it is absent or null."""
    found: str | None = _typed(body, name, str)
    return found


def need_text(body: Json, name: str) -> str:
    """A string that must be there."""
    found = text(body, name)
    if found is None:
        raise malformed(f'"{name}" wasn\'t supplied.')
    return found


def number(body: Json, name: str) -> int | None:
    """An integer, or None where it is absent or null."""
    found: int | None = _typed(body, name, int)
    return found


def flag(body: Json, name: str) -> bool:
    """A boolean; absent is False."""
    return bool(_typed(body, name, bool))


def items(body: Json, name: str) -> list[Any] | None:
    """A list, or None where it is absent."""
    value = body.get(name)
    if value is not None and not isinstance(value, list):
        raise malformed(f"For 'properties/{name}', {value!r} is not an array.")
    return value


def texts(body: Json, name: str) -> list[str] | None:
    """A list of strings, or None where it is absent."""
    found = items(body, name)
    for value in found or ():
        if not isinstance(value, str):
            raise malformed(f"For 'properties/{name}/items', {value!r} is not a string.")
    return found


def names(body: Json, name: str) -> list[str] | None:
    """Labels as GitHub takes them: strings, or objects with a ``name``."""
    found = items(body, name)
    if found is None:
        return None
    words = [one.get("name") if isinstance(one, dict) else one for one in found]
    if not all(isinstance(word, str) for word in words):
        raise malformed(f"For 'properties/{name}', {found!r} is not an array of labels.")
    return [str(word) for word in words]


def time(body: Json, name: str) -> datetime | None:
    """An ISO 8601 time, or None where it is absent or null."""
    found = text(body, name)
    return None if found is None else parse_time(found, name)


def parse_time(value: str, name: str) -> datetime:
    """An ISO 8601 time in UTC. Raises 422."""
    try:
        found = datetime.fromisoformat(value.replace(" ", "+"))
    except ValueError:
        raise malformed(f"For 'properties/{name}', {value!r} is not a valid date-time.") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
