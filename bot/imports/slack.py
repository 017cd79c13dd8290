"""An export of a Slack workspace: a zip with a folder a channel and a file a day.

A thread is a report: what its first message says, and what was answered. Threads that go over
days are held until their last answer, of which their first message tells the time.
https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any, BinaryIO

from bot.domain.errors import BadPayload
from bot.domain.imports import Wanted
from bot.imports.archive import ZIP, member, members
from bot.imports.elements import elements
from bot.imports.reading import Row, said_by
from bot.sources.reading import first_text, text

NAME = "slack"
_DAY = re.compile(r"(?P<channel>[^/]+)/(?P<day>\d{4}-\d\d-\d\d)\.json")
_NAMED = re.compile(r"<@(\w+)(?:\|[^>]*)?>")
_LINK = re.compile(r"<([^@#!>|][^>|]*)(?:\|([^>]*))?>")
# Held at once, in characters: the oldest are told as far as they are.
_MOST = 2_000_000
_PEOPLE = 50_000


@dataclass(slots=True)
class _Thread:
    line: int
    first: Mapping[str, Any]
    until: float
    said: list[str] = field(default_factory=list)
    size: int = 0


def rows(file: BinaryIO, wanted: Wanted) -> Iterator[Row]:
    """The threads of the channels that are wanted, by the number of their first message."""
    found = members(file, "export of Slack")
    days = sorted(m.group(0) for m in map(_DAY.fullmatch, found.namelist()) if m)
    there = sorted({name.partition("/")[0] for name in days})
    if not there:
        raise BadPayload("This is no export of Slack: there is no CHANNEL/2024-03-01.json in it.")
    absent = [name for name in wanted.channels if name not in there]
    if absent or not wanted.channels:
        told = f"There is no channel {absent[0]!r}" if absent else "Which channels"
        raise BadPayload(f"{told}: say --channels with some of {', '.join(there)[:300]}.")
    people, line = _people(found), 0
    for channel in wanted.channels:
        held: dict[str, _Thread] = {}
        for name in (day for day in days if day.startswith(f"{channel}/")):
            morning = datetime.fromisoformat(name[-15:-5]).replace(tzinfo=UTC).timestamp()
            # Slack cuts days where the workspace is.
            yield from _let_go(held, people, channel, before=morning - 86_400)
            with member(found, name) as file_:
                for row in elements(file_):
                    line += 1
                    if row.wrong:
                        yield Row(line, wrong=f"{name}: {row.wrong}")
                    else:
                        yield from _take(held, people, line, row.told)
        yield from _let_go(held, people, channel, before=math.inf)


def columns(file: BinaryIO) -> dict[str, str]:
    """It says itself what is what. Raises BadPayload where it is no such export."""
    members(file, "export of Slack")
    return {}


def fits(start: bytes) -> bool:
    """Whether it may be such a file, by its beginning."""
    return start.startswith(ZIP)


def _take(
    held: dict[str, _Thread], people: Mapping[str, str], line: int, told: Mapping[str, Any]
) -> Iterator[Row]:
    ts, of = text(told.get("ts"), 30), text(told.get("thread_ts"), 30)
    words = _words(told, people)
    if not ts or not words or told.get("subtype") not in (None, "thread_broadcast", "file_share"):
        yield Row(line)
    elif of and of != ts:
        if thread := held.get(of):
            said = said_by(_name(told, people), words)
            thread.said.append(said)
            thread.size += len(said)
        yield Row(line)
    else:
        held[ts] = _Thread(line, told, _second(told.get("latest_reply") or ts), [], len(words))


def _let_go(
    held: dict[str, _Thread], people: Mapping[str, str], channel: str, *, before: float
) -> Iterator[Row]:
    """Those that ended before a second, and the oldest where too much is held."""
    total = sum(thread.size for thread in held.values())
    for ts, thread in list(held.items()):
        if thread.until < before or total > _MOST:
            total -= thread.size
            del held[ts]
            yield _row(thread, people, channel)


def _row(thread: _Thread, people: Mapping[str, str], channel: str) -> Row:
    told = thread.first
    who = _name(told, people)
    fields = {
        "body": "\n\n".join((said_by(who, _words(told, people)), *thread.said)),
        "title": _words(told, people),
        "author": who,
        "time": told.get("ts"),
        "id": f"{channel}:{text(told.get('ts'), 30)}",
        "tags": {"channel": channel},
    }
    return Row(thread.line, fields)


def _people(found: zipfile.ZipFile) -> dict[str, str]:
    """User id -> name."""
    if "users.json" not in found.namelist():
        return {}
    with member(found, "users.json") as file:
        told = [row.told for _, row in zip(range(_PEOPLE), elements(file), strict=False)]
    return {text(one.get("id"), 30): first_text(one, "name", "real_name")[:80] for one in told}


def _name(told: Mapping[str, Any], people: Mapping[str, str]) -> str:
    user = text(told.get("user"), 30)
    return people.get(user) or user or "somebody"


def _words(told: Mapping[str, Any], people: Mapping[str, str]) -> str:
    """As people read it: names for ids, links as they are shown."""
    said = _NAMED.sub(lambda m: f"@{people.get(m[1], m[1])}", text(told.get("text"), 20_000))
    return unescape(_LINK.sub(lambda m: m[2] or m[1], said)).strip()


def _second(ts: object) -> float:
    try:
        return float(text(ts, 30))
    except ValueError:
        return 0.0
