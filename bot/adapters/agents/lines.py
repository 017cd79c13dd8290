"""What a CLI says, line by line. Lines may be cut and are untrusted: fields are picked out."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.domain.ports import Tell


@dataclass(frozen=True, slots=True)
class Line:
    """What a line means to a reader: ``noise`` is kept as the last word alone."""

    words: str
    kind: Literal["step", "answer", "error", "noise"] = "step"


Read = Callable[[str], Line]


class Listener:
    """Tells what is said, at most once in ``every`` seconds, and remembers the last of each."""

    def __init__(
        self, read: Read, tell: Tell, *, every: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read, self._tell, self._every, self._clock = read, tell, every, clock
        self._told = clock() - every
        self.last = self.answer = self.error = ""

    async def hear(self, text: str) -> None:
        """Take one line."""
        line = self._read(text)
        if not line.words.strip():
            return
        self.last = line.words
        if line.kind == "answer":
            self.answer, self.error = line.words, ""
        elif line.kind == "error":
            self.error = line.words
        if line.kind != "noise" and self._clock() - self._told >= self._every:
            self._told = self._clock()
            await self._tell(line.words)


def plain(text: str) -> Line:
    """Of a CLI that speaks to people: each line is an answer."""
    return Line(text, "answer")


def field(line: str, name: str, *, after: str = "") -> str:
    """The first string called ``name``, also of a line that is cut within it."""
    start = line.rfind(after) if after else 0
    found = re.search(rf'"{name}":\s?"((?:[^"\\]|\\.)*)', line[max(start, 0) :])
    if not found:
        return ""
    try:
        return str(json.loads(f'"{found[1]}"'))
    except ValueError:  # cut within an escape
        return found[1]


def tool(line: str, name: str, *, after: str) -> Line:
    """A tool that is used: its name, and what it is given that tells most."""
    given = (field(line, one, after=after) for one in _TELLING)
    return Line(f"{name}: {next(filter(None, given), '')}".removesuffix(": "))


_TELLING = ("command", "cmd", "filePath", "file_path", "pattern", "path", "description")
