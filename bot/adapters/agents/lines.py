"""Run a CLI in a sandbox: what it says is heard line by line, and its silence too. Lines may be cut
and are untrusted: fields are picked out."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.domain.ports import Finished, Sandbox, Tell


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


LONGEST_LINE = 4_000
MOST_OUTPUT = 900_000  # characters; a sandbox passes on a million bytes


class Misbehaved(Exception):
    """The command said nothing for too long, or far too much, and was ended."""


async def relay(
    sandbox: Sandbox,
    command: str,
    *,
    timeout: float,
    silence: float,
    on_line: Callable[[str], Awaitable[None]],
    cwd: str = ".",
    env: Mapping[str, str] | None = None,
) -> Finished:
    """The finished command; ``on_line`` got each line as it came. ``timeout`` and ``silence`` are
    in seconds. Raises Misbehaved, or Unavailable."""
    lines: asyncio.Queue[str] = asyncio.Queue()
    rest, size = "", 0

    def feed(text: str) -> None:
        nonlocal rest, size
        size += len(text)
        if size > MOST_OUTPUT:
            return
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            lines.put_nowait(line[:LONGEST_LINE])
        rest = rest[:LONGEST_LINE]

    run = asyncio.create_task(
        sandbox.run(command, timeout=timeout, cwd=cwd, env=env, on_output=feed)
    )
    try:
        while not (run.done() and lines.empty()):
            hearing = asyncio.create_task(lines.get())
            done, _ = await asyncio.wait(
                {hearing, run}, timeout=silence, return_when=asyncio.FIRST_COMPLETED
            )
            if size > MOST_OUTPUT:
                hearing.cancel()
                raise Misbehaved(f"it printed more than {MOST_OUTPUT:,} characters")
            if hearing in done:
                await on_line(hearing.result())
                continue
            hearing.cancel()
            if not done:
                raise Misbehaved(f"it said nothing for {silence:.0f} seconds")
        if rest.strip():
            await on_line(rest)
        return await run
    finally:
        if not run.done():
            run.cancel()
            await asyncio.wait({run})
