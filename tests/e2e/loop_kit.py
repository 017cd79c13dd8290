"""A worker of ours in a thread, and how long one turn of its event loop holds it.

What counts is processor time of the loop's own thread between two looks for what is ready, so
that waiting for a busy machine is not counted.
"""

from __future__ import annotations

import ast
import asyncio
import gc
import selectors
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.context import open_context
from bot.settings import Settings
from workers import jobs
from workers.worker import work

_FUNCTIONS = 2_500


def _most_seconds() -> float:
    """How long a turn may hold a loop that renews leases: as long as this machine reads a module
    of so many functions, 0.1 s or so; what would be a fault takes ten times that."""
    module = "def function(value):\n    return value + 1\n\n" * _FUNCTIONS
    began = time.thread_time()
    ast.parse(module)
    return max(0.1, time.thread_time() - began)


MOST_SECONDS = _most_seconds()


@dataclass
class Watch:
    """The turns of a loop that took too long: for how long, and where they were halfway."""

    blocks: list[str] = field(default_factory=list)
    _began: float = 0.0
    _seen: str = ""

    def begins(self) -> None:
        self._seen, self._began = "", time.thread_time()

    def ends(self) -> None:
        if (took := time.thread_time() - self._began) > MOST_SECONDS:
            self.blocks.append(f"{took * 1_000:.0f} ms\n{self._seen}")

    def look(self, thread: int, clock: int) -> None:
        if not self._seen and time.clock_gettime(clock) - self._began > MOST_SECONDS / 2:
            self._seen = "".join(traceback.format_stack(sys._current_frames().get(thread))[-12:])


class _Selector(selectors.DefaultSelector):
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def select(self, timeout: float | None = None) -> Any:
        self._watch.ends()
        found = super().select(timeout)
        self._watch.begins()
        return found


@asynccontextmanager
async def worker(environment: Mapping[str, str], queue: str) -> AsyncIterator[Watch]:
    """It works until the block ends."""
    watch, ended = Watch(), threading.Event()

    jobs.load()
    # Read before there is a loop, as our processes do: checking the app's key takes 45 to 100 ms.
    settings = Settings.load(dict(environment))

    async def serve() -> None:
        async with open_context(settings) as ctx:
            working = asyncio.create_task(work(ctx, queue))
            await asyncio.to_thread(ended.wait)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    def run() -> None:
        made = lambda: asyncio.SelectorEventLoop(_Selector(watch))  # noqa: E731
        with asyncio.Runner(loop_factory=made) as runner:
            watch.begins()
            runner.run(serve())

    def sample() -> None:
        clock = time.pthread_getcpuclockid(thread.ident or 0)
        while not ended.wait(0.005):
            watch.look(thread.ident or 0, clock)

    # What the simulators and pytest hold here, too, is not the worker's to look through.
    gc.disable()
    thread = threading.Thread(target=run)
    thread.start()
    looking = threading.Thread(target=sample)
    looking.start()
    try:
        yield watch
    finally:
        ended.set()
        for each in (looking, thread):
            await asyncio.to_thread(each.join)
        gc.enable()
