"""Run a CLI in a sandbox: what it says is heard line by line, and its silence too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from bot.domain.ports import Finished, Sandbox

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
    """The finished command; ``on_line`` got each line as it came.

    ``timeout`` and ``silence`` are in seconds. Raises Misbehaved, or Unavailable.
    """
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
