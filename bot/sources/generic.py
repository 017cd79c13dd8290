"""Anything that sends JSON: each field by a JMESPath expression that is stored with the door.
https://jmespath.org/tutorial.html · They are guessed from the first payload and confirmed by a
person, see ``source confirm``; nothing is read of what comes before that."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.domain.errors import BadPayload
from bot.sources.heard import Heard, Ignored
from bot.sources.reading import mapping, moment, text, web_url
from bot.sources.table import Table, find

FIELDS = (
    *("title", "key", "event", "state", "only", "each", "body", "url", "when", "ended", "level"),
    *("environment", "release", "author", "people", "fingerprint", "frames", "tags"),
)
_DEEPEST = 4
# What a field is called by those who send it, the likeliest first.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "title": (
        *(r"(alert|ticket|error|issue)?_?(title|subject)", r"(error)?_?message", r"summary"),
        *(r"(.*_)?name", r"trigger|memo|info", r"(.*_)?description"),
    ),
    "key": (r"(alert|monitor|check|issue|ticket|problem|error|policy)_?id", r"_?id", r"alias"),
    "event": (r"(event|delivery|occurrence|notice|incident)_?id",),
    "state": (r"(current_|ticket_)?(state|status)", r"alert_type_friendly_name"),
    "body": (r"(.*_)?(body|details|text)", r"(.*_)?description"),
    "url": (r"(.*_)?(url|link)",),
    "when": (r".*(occurred|changed|triggered|started|updated|created).*", r".*time.*|date"),
    "level": (r"severity|level|criticality", r"(.*_)?priority"),
    "environment": (r"env(ironment)?",),
    "release": (r"release|app_version|revision",),
}


@dataclass(frozen=True, kw_only=True)
class _Generic(Table):
    def parse(
        self, payload: object, headers: Mapping[str, str], received_at: datetime
    ) -> list[Heard]:
        """By the door's ``fields``, as JSON."""
        if fields := headers.get("fields", ""):
            said = replace(self, **json.loads(fields))
            return Table.parse(said, payload, headers, received_at)
        return [Ignored(why="It waits until somebody says how it is read: source confirm generic.")]


SOURCE = _Generic(
    NAME="generic",
    SECRET_IN_URL=True,
    title="title",
    over=(
        *("resolved", "recovered", "ok", "up", "closed", "fixed", "normal", "operational"),
        *("success", "inactive", "deactivated", "completed"),
    ),
)


def guess(payload: object) -> dict[str, str]:
    """Which field is probably meant by which name; what has no likely name is left out."""
    leaves = list(_leaves(payload))
    found: dict[str, str] = {}
    for field, names in _NAMES.items():
        for name in names:
            fitting = [
                path
                for path, last, value in leaves
                if re.fullmatch(name, last, re.IGNORECASE) and _fits(field, value)
            ]
            fitting = [path for path in fitting if path not in found.values()]
            if fitting:
                found[field] = min(fitting, key=lambda path: path.count("."))
                break
    return found


def read_fields(said: str) -> dict[str, str]:
    """``title=alert.name key=alert.id``; the expressions may hold spaces. Raises BadPayload for a
    field there is not, or an expression that cannot be read."""
    before, *pairs = re.split(rf"(?:^|\s+)({'|'.join(FIELDS)})=", said)
    if before.strip():
        raise BadPayload(f"{before.strip()[:60]!r} is no FIELD=EXPRESSION: {', '.join(FIELDS)}.")
    fields = {name: said.strip()[:500] for name, said in zip(pairs[::2], pairs[1::2], strict=True)}
    for expression in fields.values():
        find(expression, {})
    return fields


def _fits(field: str, value: object) -> bool:
    if field == "url":
        return bool(web_url(value))
    if field == "when":
        return moment(value) is not None
    return bool(text(value))


def _leaves(value: object, path: str = "", depth: int = 0) -> Iterator[tuple[str, str, Any]]:
    """``path, last name, value`` of what is no object or list, the outermost first."""
    for name, inner in mapping(value).items():
        part = name if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else json.dumps(name)
        here = f"{path}.{part}" if path else part
        if isinstance(inner, dict) and depth < _DEEPEST:
            yield from _leaves(inner, here, depth + 1)
        elif not isinstance(inner, list | dict):
            yield here, name, inner
