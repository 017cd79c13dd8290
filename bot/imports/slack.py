"""An export of a Slack workspace: a zip with a folder a channel and a file a day. A thread is a
report: what its first message says, and what was answered. One that goes over days is held until
its last answer, of which the first message tells the time.
https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from itertools import islice
from typing import Any, BinaryIO

from bot.domain.errors import BadPayload
from bot.domain.imports import Wanted
from bot.imports.archive import ZIP, member, members
from bot.imports.elements import elements
from bot.imports.reading import Row, said_by, when
from bot.sources.reading import first_text, text

NAME = "slack"
_DAY = re.compile(r"[^/]+/\d{4}-\d\d-\d\d\.json")
_NAMED = re.compile(r"<@(\w+)(?:\|[^>]*)?>")
_LINK = re.compile(r"<([^@#!>|][^>|]*)(?:\|([^>]*))?>")
_SAID = (None, "thread_broadcast", "file_share")
# Held at once, in characters and what holds a message: the oldest are told as far as they are.
_MOST, _EACH = 4_000_000, 200
_PEOPLE, _LOOK = 50_000, 500


@dataclass(slots=True)
class _Thread:
    row: Row
    until: float
    said: list[str]

    def told(self) -> Row:
        return Row(self.row.line, {**self.row.told, "body": "\n\n".join(self.said)})


def rows(file: BinaryIO, wanted: Wanted) -> Iterator[Row]:
    """The threads of the channels that are wanted, by the number of their first message."""
    found = members(file, "export of Slack")
    days = sorted(filter(_DAY.fullmatch, found.namelist()))
    if not (there := sorted({name.partition("/")[0] for name in days})):
        raise BadPayload("This is no export of Slack: there is no CHANNEL/2024-03-01.json in it.")
    absent = [name for name in wanted.channels if name not in there]
    if absent or not wanted.channels:
        told = f"There is no channel {absent[0]!r}" if absent else "Which channels"
        raise BadPayload(f"{told}: say --channels with some of {', '.join(there)[:300]}.")
    people, line = dict[str, str](), 0
    if "users.json" in found.namelist():
        with member(found, "users.json") as part:
            for row in islice(elements(part), _PEOPLE):
                name = first_text(row.told, "name", "real_name", limit=80)
                people[text(row.told.get("id"), 30)] = name
    for channel in wanted.channels:
        held: dict[str, _Thread] = {}
        for name in (day for day in days if day.startswith(f"{channel}/")):
            with member(found, name) as part:
                for row in elements(part):
                    line += 1
                    yield from _take(held, people, channel, Row(line, row.told, row.wrong))
                    if not line % _LOOK:
                        yield from _let_go(held, before=-math.inf)
            # Slack cuts days where the workspace is.
            morning = datetime.fromisoformat(name[-15:-5]).replace(tzinfo=UTC)
            yield from _let_go(held, before=morning.timestamp() - 86_400)
        yield from _let_go(held, before=math.inf)


def columns(file: BinaryIO) -> dict[str, str]:
    """It says itself what is what. Raises BadPayload where it is no such export."""
    members(file, "export of Slack")
    return {}


def fits(start: bytes) -> bool:
    """It begins as a zip."""
    return ZIP.startswith(start[: len(ZIP)])


def _take(
    held: dict[str, _Thread], people: Mapping[str, str], channel: str, row: Row
) -> Iterator[Row]:
    """What is the first of a thread is held, an answer goes to its thread."""
    told, user = row.told, text(row.told.get("user"), 30)
    ts, of = text(told.get("ts"), 30), text(told.get("thread_ts"), 30)
    words, who = _words(told, people), people.get(user) or user or "somebody"
    if row.wrong or not ts or not words or told.get("subtype") not in _SAID:
        yield Row(row.line, wrong=row.wrong)
    elif of in ("", ts):
        last = when(told.get("latest_reply") or ts)
        fields = {"title": words, "author": who, "time": ts, "id": f"{channel}:{ts}"}
        first = Row(row.line, {**fields, "tags": {"channel": channel}})
        held[ts] = _Thread(first, last.timestamp() if last else 0.0, [said_by(who, words)])
    else:
        if thread := held.get(of):
            thread.said.append(said_by(who, words))
        yield Row(row.line)


def _let_go(held: dict[str, _Thread], *, before: float) -> Iterator[Row]:
    """Those that ended before a second, and the oldest where too much is held."""
    total = sum(map(_size, held.values()))
    for ts, thread in list(held.items()):
        if thread.until < before or total > _MOST:
            total -= _size(thread)
            yield held.pop(ts).told()


def _size(thread: _Thread) -> int:
    return sum(len(words) + _EACH for words in thread.said)


def _words(told: Mapping[str, Any], people: Mapping[str, str]) -> str:
    """As people read it: names for ids, links as they are shown."""
    said = _NAMED.sub(lambda m: f"@{people.get(m[1], m[1])}", text(told.get("text"), 20_000))
    return unescape(_LINK.sub(lambda m: m[2] or m[1], said)).strip()
