"""Follows the change streams of the simulators, for as many pages as are open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

_AGAIN_SECONDS = 0.5


class Relay:
    """``streams`` are addresses of event streams by name; a watcher hears a name per change."""

    def __init__(self, streams: Mapping[str, str]) -> None:
        self._streams = dict(streams)
        self._watchers: set[asyncio.Queue[str]] = set()

    @asynccontextmanager
    async def following(self, session: aiohttp.ClientSession) -> AsyncIterator[None]:
        """Follow every stream meanwhile, connecting again whenever one breaks."""
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self._follow(session, name, url))
                for name, url in self._streams.items()
            ]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[asyncio.Queue[str]]:
        """A queue that gets the name of whatever changes meanwhile."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            yield queue
        finally:
            self._watchers.discard(queue)

    async def _follow(self, session: aiohttp.ClientSession, name: str, url: str) -> None:
        while True:
            try:
                async with session.get(url, timeout=aiohttp.ClientTimeout(total=None)) as stream:
                    # What was missed while the stream was away is a change as well.
                    self._tell(name)
                    async for line in stream.content:
                        if line.startswith(b"data:"):
                            self._tell(name)
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(_AGAIN_SECONDS)

    def _tell(self, name: str) -> None:
        for watcher in self._watchers:
            watcher.put_nowait(name)
