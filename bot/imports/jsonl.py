"""A record a line, or a JSON array of records: what ``soulcaster export`` writes, and others.

A field is found by its name, or by a path (``requester.name``), see ``columns.py``.
"""

from __future__ import annotations

import itertools
import json
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from bot.domain.errors import BadPayload
from bot.domain.imports import Wanted
from bot.imports import columns as guessing
from bot.imports.elements import elements
from bot.imports.reading import Row, decoded, lines
from bot.sources.reading import at

NAME = "jsonl"
# What our own exports hold beside reports.
_OTHERS = ("cluster",)


def rows(file: BinaryIO, wanted: Wanted) -> Iterator[Row]:
    """The objects; in a file of lines one that is broken is one bad record."""
    paths = wanted.columns or columns(file)
    file.seek(0)
    for row in _objects(file):
        if row.wrong:
            yield row
        elif row.told.get("record") in _OTHERS:
            yield Row(row.line)
        else:
            yield Row(row.line, guessing.taken(row.told, paths, at))


def columns(file: BinaryIO) -> dict[str, str]:
    """By the names in the first objects. Raises BadPayload where there is none among them."""
    file.seek(0)
    found: dict[str, None] = {}
    for row in itertools.islice(_objects(file), 20):
        found |= dict.fromkeys(_paths(row.told))
    file.seek(0)
    if not found:
        raise BadPayload("This is no JSON: there is no object in its first 20 lines.")
    return guessing.guessed(list(found), "objects")


def fits(start: bytes) -> bool:
    """Whether it may be such a file, by its beginning."""
    return start.removeprefix(BOM_UTF8).lstrip()[:1] in (b"{", b"[", b"")


def _paths(told: Mapping[str, object]) -> Iterator[str]:
    for name, value in told.items():
        yield name
        if isinstance(value, dict):
            yield from (f"{name}.{each}" for each in _paths(value))


def _objects(file: BinaryIO) -> Iterator[Row]:
    start = file.read(1_024)
    file.seek(0)
    if start.removeprefix(BOM_UTF8).lstrip()[:1] == b"[":
        yield from elements(file)
        return
    for number, raw in lines(file):
        if raw is None:
            yield Row(number, wrong="it is longer than 2 MB")
        elif raw.strip():
            yield _object(
                number, decoded(raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw)
            )


def _object(number: int, line: str) -> Row:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return Row(number, wrong="it is no JSON")
    return Row(number, told) if isinstance(told, dict) else Row(number, wrong="it is no object")
