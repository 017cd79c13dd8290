"""A table with a header: any delimiter, any encoding, quotes over lines.
https://www.rfc-editor.org/rfc/rfc4180"""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from bot.domain.errors import BadPayload
from bot.domain.imports import Wanted
from bot.imports.reading import LONGEST, Row, decoded, guessed, lines

NAME = "csv"
# Jira writes as many of these columns as its longest issue has comments.
_MANY = "Comment"


def rows(file: BinaryIO, wanted: Wanted) -> Iterator[Row]:
    """The rows below the header, by the line they end in."""
    header, reader, long, held = _open(file)
    paths = wanted.columns or guessed(header, "columns")
    if absent := {*paths.values()} - {*header}:
        raise BadPayload(f"There is no column {min(absent)!r}.")
    where = {field: header.index(name) for field, name in paths.items()}
    many = [i for i, name in enumerate(header) if name == _MANY and i not in where.values()]
    while True:
        held[0] = 0
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(reader.line_num, wrong=str(error))
            continue
        while long:
            yield Row(long.pop(0), wrong=f"it is longer than {LONGEST >> 20} MB")
        if not any(cells):
            continue
        if len(cells) <= max(where.values()):
            yield Row(reader.line_num, wrong=f"it has {len(cells)} of {len(header)} columns")
            continue
        told: dict[str, object] = {field: cells[i] for field, i in where.items()}
        said = [str(told.get("body", "")), *(cells[i] for i in many if i < len(cells))]
        yield Row(reader.line_num, {**told, "body": "\n\n".join(filter(None, said))})


def columns(file: BinaryIO) -> dict[str, str]:
    """By the header. Raises BadPayload where it is none."""
    return guessed(_open(file)[0], "columns")


def fits(start: bytes) -> bool:
    """Whether it may be such a file, by its beginning."""
    return not _is_binary(start)


def _open(file: BinaryIO) -> tuple[list[str], Any, list[int], list[int]]:
    """The header, a reader of what is below it, lines too long to read, how much is held."""
    csv.field_size_limit(LONGEST)
    file.seek(0)
    start = file.read(64 * 1024)
    file.seek(0)
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    told = start.decode("utf-16", "replace") if wide else decoded(start)
    first = told.lstrip("\ufeff").partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    if not first.count(delimiter) or (not wide and _is_binary(start)):
        raise BadPayload("This is no CSV: its first line is no header of two columns or more.")
    long, held = list[int](), [0]
    reader = csv.reader(_lines(file, wide, long, held), delimiter=delimiter)
    try:
        return [name.strip() for name in next(reader)], reader, long, held
    except csv.Error as error:
        raise BadPayload(f"This is no CSV: its header cannot be read ({error}).") from None


def _is_binary(start: bytes) -> bool:
    return start.startswith((b"PK\x03\x04", b"\x89PNG", b"%PDF", b"\x1f\x8b", b"{", b"["))


def _lines(file: BinaryIO, wide: bool, long: list[int], held: list[int]) -> Iterator[str]:
    """Its lines without those that are too ``long``. A record whose quotes never end gets a field
    that no reader takes: that ends it."""
    for line in (_wide if wide else _narrow)(file, long):
        held[0] += len(line)
        yield line if held[0] <= LONGEST else "x" * (LONGEST + 1)


def _wide(file: BinaryIO, _long: list[int]) -> Iterator[str]:
    reader = io.TextIOWrapper(file, "utf-16", "replace", newline="")
    return iter(lambda: reader.readline(LONGEST), "")


def _narrow(file: BinaryIO, long: list[int]) -> Iterator[str]:
    for number, raw in lines(file):
        if raw is None:
            long.append(number)
        kept = (raw or b"\n").replace(b"\0", b"")
        yield decoded(kept.removeprefix(codecs.BOM_UTF8) if number == 1 else kept)
