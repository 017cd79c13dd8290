"""A record a line, or a JSON array of records: what ``soulcaster export`` writes, and others."""

import json
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import BinaryIO

from bot.domain.errors import BadPayload
from bot.domain.imports import Wanted
from bot.imports.elements import elements
from bot.imports.reading import Row, decoded, guessed, lines
from bot.sources.reading import at

NAME = "jsonl"


def rows(file: BinaryIO, wanted: Wanted) -> Iterator[Row]:
    """The objects; of our own exports those of reports."""
    paths = wanted.columns or columns(file)
    for row in _objects(file):
        told = row.told
        if row.wrong or told.get("record", "report") != "report":
            yield Row(row.line, wrong=row.wrong)
            continue
        fields = {f: told[path] if path in told else at(told, path) for f, path in paths.items()}
        yield Row(row.line, {"tags": told.get("tags"), **fields})


def columns(file: BinaryIO) -> dict[str, str]:
    """By the names in the first objects, or paths (``requester.name``)."""
    first = (_paths(row.told) for row in islice(_objects(file), 20))
    if not (found := dict.fromkeys(path for paths in first for path in paths)):
        raise BadPayload("This is no JSON: there is no object in its first 20 lines.")
    return guessed(list(found), "objects")


def fits(start: bytes) -> bool:
    """It begins with an object or an array."""
    began = start.removeprefix(BOM_UTF8).lstrip()[:1] in (b"{", b"[", b"")
    return began or BOM_UTF8.startswith(start)


def _paths(told: Mapping[str, object]) -> Iterator[str]:
    for name, value in told.items():
        yield name
        if isinstance(value, dict):
            yield from (f"{name}.{each}" for each in value)


def _objects(file: BinaryIO) -> Iterator[Row]:
    file.seek(0)
    start = file.read(1_024).removeprefix(BOM_UTF8).lstrip()
    file.seek(0)
    said = (line for line in lines(file) if line[1] is None or line[1].strip())
    yield from elements(file) if start[:1] == b"[" else map(_object, said)


def _object(line: tuple[int, bytes | None]) -> Row:
    number, raw = line
    if raw is None:
        return Row(number, wrong="it is longer than 2 MB")
    try:
        told = json.loads(decoded(raw.removeprefix(BOM_UTF8)))
    except (ValueError, RecursionError):
        return Row(number, wrong="it is no JSON")
    return Row(number, told) if isinstance(told, dict) else Row(number, wrong="it is no object")
