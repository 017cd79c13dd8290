"""The elements of a JSON array of any length, one at a time, in constant memory. Where one is
broken it is a bad record, and the reading goes on at what looks like the next one: a parser of
events, as ijson is, would have to end there."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from bot.domain.errors import BadPayload
from bot.imports.reading import LONGEST, Row

PIECE = 64 * 1024
_BETWEEN = re.compile(r"[\s,\ufeff]*")
_LIKE_NEXT = re.compile(r"\}\s*,\s*(?=\{)")
# An escape or a number may be cut at the end of what has been read.
_CUT = 16


def elements(file: BinaryIO) -> Iterator[Row]:
    """Each object with its number, from 1. Raises BadPayload where it is no array."""
    text = _Text(file)
    if text.next() != "[":
        raise BadPayload("This is no JSON array.")
    text.at += 1
    number = 0
    while text.next() not in ("]", ""):
        number += 1
        told = text.take()
        if isinstance(told, dict):
            yield Row(number, told)
        else:
            yield Row(number, wrong=told if isinstance(told, str) else "it is no object")


class _Text:
    """What has been read and not been parsed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._parse = json.JSONDecoder().raw_decode
        self.held, self.at, self.ended = "", 0, False

    def fill(self) -> None:
        """Read as much again as is held."""
        self.held, self.at = self.held[self.at :], 0
        raw = self._file.read(max(PIECE, len(self.held)))
        self.ended = not raw
        self.held += self._decoder.decode(raw, final=self.ended)

    def next(self) -> str:
        """The first character of what comes next, "" at the end."""
        while True:
            if found := _BETWEEN.match(self.held, self.at):
                self.at = found.end()
            if self.at < len(self.held) or self.ended:
                return self.held[self.at : self.at + 1]
            self.fill()

    def take(self) -> object:
        """The element we stand at, or in words what is wrong with it; we stand behind it."""
        while True:
            try:
                told, self.at = self._parse(self.held, self.at)
                return told if not isinstance(told, str) else None
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos >= len(self.held) - _CUT
                if not cut or self.ended or len(self.held) - self.at > LONGEST:
                    return self._resume(self.at + 1 if cut else error.pos)
                self.fill()
            except (RecursionError, ValueError):
                return self._resume(self.at + 1)

    def _resume(self, after: int) -> str:
        self.at = after
        while not (found := _LIKE_NEXT.search(self.held, self.at)):
            self.at = len(self.held) if self.ended else max(self.at, len(self.held) - _CUT)
            if self.ended:
                break
            self.fill()
        self.at = found.end() if found else self.at
        return "it is no JSON, or longer than 2 MB"
