"""What every kind shares: records, their lines, their times, and the report that each becomes."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import BinaryIO, Protocol

from dateutil import parser

from bot.domain.audience import Audience
from bot.domain.errors import BadPayload
from bot.domain.imports import Wanted
from bot.domain.models import Draft
from bot.sources.reading import moment, one_line, opening, short_hash, tags, text, web_url

# Of a line, a message, an element of an array: more is no report.
LONGEST = 2 * 1024 * 1024
_DATES = (datetime(1904, 1, 1), datetime(2004, 2, 2))  # noqa: DTZ001 - they fill what is not said
# Hours before or behind UTC; names that mean several zones are told as in most trackers.
_ZONES = {
    "PST": -8, "PDT": -7, "MST": -7, "MDT": -6, "CST": -6, "CDT": -5, "EST": -5, "EDT": -4,
    "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3,
    "MSK": 3, "JST": 9, "AEST": 10, "AEDT": 11,
}  # fmt: skip
_DRESSED = re.compile(
    rf"\d\s*[ap]\.?m\b|(?:gmt|utc)[+-]\d|\b(?:{'|'.join(_ZONES)})\b", re.IGNORECASE
)


# What Germans, French and Spaniards call a month, or say beside it.
_MONTHS = {
    "jan": "januar jän jänner janvier janv enero ene",
    "feb": "februar février févr febrero",
    "mar": "märz mär mrz mars marzo",
    "apr": "avril avr abril abr",
    "may": "mai mayo",
    "jun": "juni juin junio",
    "jul": "juli juillet juil julio",
    "aug": "août agosto ago",
    "sep": "septembre septiembre",
    "oct": "okt oktober octobre octubre",
    "nov": "novembre noviembre",
    "dec": "dez dezember déc décembre dic diciembre",
    "at": "um à",
    "": "uhr",
}
_ENGLISH = {word: said for said, words in _MONTHS.items() for word in words.split()}
_ZONE_NAME = re.compile(r"\s*\([^()]*\)\s*$")
_HTML = re.compile(r"</?(?:p|div|br|span|a|ul|li|b|i|strong|em)\b[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """A record at ``line``: its fields; why it is none (``wrong``); or it is none of ours."""

    line: int
    told: Mapping[str, object] = field(default_factory=dict)
    wrong: str = ""


class Kind(Protocol):
    """What each of them offers."""

    @property
    def NAME(self) -> str: ...  # noqa: D102

    def rows(self, file: BinaryIO, wanted: Wanted) -> Iterator[Row]:
        """The records, of the same file always the same. Raises BadPayload where the whole file
        is none of this kind."""

    def columns(self, file: BinaryIO) -> dict[str, str]:
        """Which column or path each field of a report is guessed to be in; empty where the kind
        says so itself."""

    def fits(self, start: bytes) -> bool:
        """Whether it may be such a file, by its beginning, of which little may be there yet."""


def lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Lines with their numbers; None for one that is longer than any record."""
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        if len(line) <= LONGEST:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST)
        yield number, None


def decoded(raw: bytes) -> str:
    """UTF-8 as it should be, else as Windows writes it."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def plain(value: str) -> str:
    """Words without HTML, where they are HTML."""
    if not (value.startswith("<") and _HTML.search(value)):
        return value
    broken = re.sub(r"<(?:br|/p|/li|/div)\b[^<>]*>", "\n", value, flags=re.IGNORECASE)
    return unescape(re.sub(r"<[^<>]*>", "", broken)).strip()


def said_by(who: str, words: str) -> str:
    """A paragraph of one author, in a report of several: ``erase`` finds it by its beginning."""
    return f"{who}: " + "\n".join(filter(None, (line.rstrip() for line in words.splitlines())))


def without(body: str, names: Collection[str]) -> str:
    """A report of several without the paragraphs of these, by lower-case name."""
    told = body.split("\n\n")
    return "\n\n".join(one for one in told if one.partition(": ")[0].lower() not in names)


def when(value: object) -> datetime | None:
    """A time in any dress, in UTC; None where it is none, or only a part of one."""
    said = _ZONE_NAME.sub("", text(value, 100))
    # Who reads the dates of mails passes over an afternoon and the names of zones.
    if not _DRESSED.search(said) and (found := moment(value)):
        return found
    said = re.sub(r"(?:GMT|UTC)(?=[+-]\d)", "", said)
    said = re.sub(r"[^\W\d_]+", lambda word: _ENGLISH.get(word[0].lower(), word[0]), said)
    with suppress(ValueError, OverflowError, TypeError, KeyError):
        # A European writes dots, and the day first; with slashes it is the month, where it may be.
        day_first = re.match(r"\d{1,2}\.\d{1,2}\.", said) is not None
        first, second = (
            parser.parse(said, default=d, dayfirst=day_first, tzinfos=_zone) for d in _DATES
        )
        if first.date() == second.date():
            return moment((first if first.tzinfo else first.replace(tzinfo=UTC)).isoformat())
    return None


def _zone(name: str | None, seconds: int | None) -> int | None:
    """Of a zone of this name. Raises KeyError for one that nobody knows."""
    return seconds if seconds is not None or name is None else 3600 * _ZONES[name]


def draft_of(kind: str, number: int, told: Mapping[str, object], now: datetime) -> Draft | str:
    """The report that a record is, or why it is none: ``number`` is the import's. Its key is made
    of all that it says: the same record twice is one report. What an import brings is the team's,
    and history."""
    body, said = plain(text(told.get("body"))), told.get("time") or None
    title = one_line(text(told.get("title")), 1_000) or opening(body)
    at = now if said is None else when(said)
    if not title or at is None:
        unread = f"its time cannot be read: {one_line(text(said), 40)!r}"
        return unread if title else "it has no words"
    author, name = one_line(text(told.get("author")), 100), text(told.get("id"), 300)
    key = short_hash(name, title, body, author, at.isoformat() if said else "")
    return Draft(
        source=f"import-{kind}",
        key=key,
        event=key,
        title=title,
        body=body,
        url=web_url(told.get("url")),
        author=author,
        occurred_at=min(at, now),
        history=True,
        brought_by=number,
        tags={**({"id": name[:200]} if name else {}), **tags(told.get("tags"))},
        audience=Audience.TEAM,
    )


# Presets for exports of Jira, Zendesk, Linear and Intercom, known by their ``marks``: columns that
# only they have all of. Else a field is the first of its usual names.
_KNOWN = json.loads(Path(__file__).with_name("columns.json").read_text())
FIELDS: tuple[str, ...] = tuple(_KNOWN["usual"])


def guessed(names: Sequence[str], of: str) -> dict[str, str]:
    """Field -> column. Raises BadPayload where nothing there can be a report's words."""
    for preset in _KNOWN["presets"]:
        if {*preset["marks"]} <= {*names}:
            return {field: name for field, name in preset["columns"].items() if name in names}
    there = {re.sub(r"[\W_]+", " ", name).strip().lower(): name for name in reversed(names)}
    found = {
        field: next((there[name] for name in usual if name in there), "")
        for field, usual in _KNOWN["usual"].items()
    }
    if not (found["title"] or found["body"]):
        shown = ", ".join(name[:40] for name in names[:12])
        raise BadPayload(f"Which of the {of} is a report's text? Say --map body=NAME: {shown}.")
    return {field: name for field, name in found.items() if name}


def preset_of(columns: Mapping[str, str]) -> str:
    """Whose export it was taken for; "" for nobody's."""
    presets = (p for p in _KNOWN["presets"] if columns.items() <= p["columns"].items())
    return next((str(preset["name"]) for preset in presets if "id" in columns), "")
