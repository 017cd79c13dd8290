"""Which column of a table, or path of an object, is which field of a report.

Presets are those of Jira, Zendesk, Linear and Intercom: where all that marks one is there, it is
that one. Else each field is the first of its usual names that there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.errors import BadPayload

FIELDS = ("title", "body", "author", "time", "url", "id")


@dataclass(frozen=True, slots=True)
class Preset:
    """``marks`` are columns that only its exports have all of; ``columns`` are field -> column."""

    name: str
    marks: tuple[str, ...]
    columns: Mapping[str, str]


PRESETS = (
    Preset(
        "Jira",
        ("Issue key", "Issue id", "Summary"),
        {"title": "Summary", "body": "Description", "author": "Reporter", "time": "Created",
         "id": "Issue key"},
    ),
    Preset(
        "Linear",
        ("ID", "Team", "Title", "Status", "Creator", "Created"),
        {"title": "Title", "body": "Description", "author": "Creator", "time": "Created",
         "id": "ID"},
    ),
    Preset(
        "Zendesk",
        ("subject", "requester_id", "created_at"),
        {"title": "subject", "body": "description", "author": "requester.name",
         "time": "created_at", "url": "url", "id": "id"},
    ),
    Preset(
        "Zendesk",
        ("Subject", "Requester", "Id"),
        {"title": "Subject", "body": "Description", "author": "Requester", "time": "Created at",
         "id": "Id"},
    ),
    Preset(
        "Intercom",
        ("source.body", "source.author.name", "created_at", "id"),
        {"title": "title", "body": "source.body", "author": "source.author.name",
         "time": "created_at", "url": "source.url", "id": "id"},
    ),
    Preset(
        "Intercom",
        ("Conversation ID", "User name"),
        {"title": "Title", "body": "First message", "author": "User name", "time": "Created at",
         "id": "Conversation ID"},
    ),
)  # fmt: skip
_USUAL: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "summary", "subject", "ticket subject", "headline", "name"),
    "body": (
        *("body", "description", "text", "message", "content", "comment", "details"),
        *("first message", "feedback", "question", "conversation"),
    ),
    "author": (
        *("author", "reporter", "creator", "requester", "requester name", "created by", "user"),
        *("username", "user name", "from", "customer", "customer name", "email", "user login"),
    ),
    "time": (
        *("created at", "created", "occurred at", "created time", "date", "timestamp", "time"),
        *("create time", "sent at", "submitted at", "ts", "opened at"),
    ),
    "url": ("url", "html url", "link", "permalink", "web url"),
    "id": ("id", "key", "issue key", "ticket id", "number", "identifier", "conversation id"),
}


def guessed(names: Sequence[str], of: str) -> dict[str, str]:
    """Field -> column. Raises BadPayload where nothing there can be a report's words."""
    there = {_plain(name): name for name in reversed(names)}
    for preset in PRESETS:
        if all(mark in names for mark in preset.marks):
            return {f: name for f, name in preset.columns.items() if name in names}
    found = {
        field: there[usual[0]]
        for field, all_names in _USUAL.items()
        if (usual := [name for name in all_names if name in there])
    }
    if not found.keys() & {"title", "body"}:
        shown = ", ".join(name[:40] for name in names[:12])
        raise BadPayload(f"Which of the {of} is a report's text? Say --map body=NAME: {shown}.")
    return found


def preset_of(columns: Mapping[str, str]) -> str:
    """Whose export it was taken for; "" for nobody's."""
    taken_for = (
        p.name for p in PRESETS if columns.items() <= p.columns.items() and "id" in columns
    )
    return next(taken_for, "")


def taken(
    told: Any, paths: Mapping[str, str], at: Callable[[object, str], object]
) -> dict[str, object]:
    """The fields of one record. A column whose name has a dot is found by its whole name first."""
    return {
        **({"tags": told["tags"]} if isinstance(told.get("tags"), dict) else {}),
        **{f: told[path] if path in told else at(told, path) for f, path in paths.items()},
    }


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name).strip().lower()
