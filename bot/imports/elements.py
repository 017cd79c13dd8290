"""The elements of a JSON array of any length, one at a time, in constant memory.

Where one is broken it is a bad record, and the reading goes on at what looks like the next: a
parser of events (ijson) would have to end there.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from bot.domain.errors import BadPayload
from bot.imports.reading import LONGEST, Row

PIECE = 64 * 1024
_NEXT = re.compile(r"[\s,]*")
# Behind an element there is a comma, and most write each on a line of its own.
_LIKE_NEXT = re.compile(r"\}\s*,\s*(?=\{)")
# An escape or a number may be cut at the end of what has been read.
_CUT = 16
_LIMIT = 2 * LONGEST


def elements(file: BinaryIO) -> Iterator[Row]:
    """Each object with its number, from 1. Raises BadPayload where it is no array."""
    text = _Text(file)
    text.fill()
    text.skip(re.compile(r"\s*\ufeff?\s*"))
    if text.held[text.at : text.at + 1] != "[":
        raise BadPayload("This is no JSON array.")
    text.at += 1
    number = 0
    while text.to_next():
        number += 1
        wrong, told = text.take()
        if wrong or not isinstance(told, dict):
            yield Row(number, wrong=wrong or "it is no object")
        else:
            yield Row(number, told)


class _Text:
    """What has been read and not been parsed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._parse = json.JSONDecoder().raw_decode
        self.held = ""
        self.at = 0
        self.ended = False

    def fill(self) -> None:
        """Read as much again as is held."""
        self.held = self.held[self.at :]
        self.at = 0
        raw = self._file.read(max(PIECE, len(self.held)))
        self.ended = not raw
        self.held += self._decoder.decode(raw, final=self.ended)

    def skip(self, pattern: re.Pattern[str]) -> None:
        """Pass over what matches."""
        if found := pattern.match(self.held, self.at):
            self.at = found.end()

    def to_next(self) -> bool:
        """Whether there is another element: then we stand at it."""
        while True:
            self.skip(_NEXT)
            if self.at < len(self.held):
                return self.held[self.at] != "]"
            if self.ended:
                return False
            self.fill()

    def take(self) -> tuple[str, object]:
        """The element we stand at, or what is wrong with it; we stand behind it."""
        while True:
            try:
                told, self.at = self._parse(self.held, self.at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos >= len(self.held) - _CUT
                if cut and not self.ended and len(self.held) - self.at <= _LIMIT:
                    self.fill()
                    continue
                self._resume(error.pos if not cut else self.at + 1)
                return "it is no JSON, or longer than 4 MB", None
            except (RecursionError, ValueError):
                self._resume(self.at + 1)
                return "it is nested too deeply, or holds an endless number", None
            return "", told

    def _resume(self, after: int) -> None:
        self.at = after
        while not (found := _LIKE_NEXT.search(self.held, self.at)):
            self.at = max(self.at, len(self.held) - _CUT)
            if self.ended:
                self.at = len(self.held)
                return
            self.fill()
        self.at = found.end()
