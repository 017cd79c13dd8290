"""Which of our processes run, on any machine: each gives a sign as long as it does."""

import asyncio
import os
import socket
from contextlib import suppress

from redis.exceptions import RedisError

from bot.storage import keys
from bot.storage.scripts import Scripts
from bot.storage.text import text

SIGN_SECONDS = 25
# One that was killed is taken to run for as long.
SILENT_SECONDS = 60


class Processes:
    """All that use one Redis."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def show(self, kind: str) -> None:
        """Give signs until cancelled: ``kind`` is what runs, as the Procfile calls it."""
        name = f"{kind} ({socket.gethostname()}, process {os.getpid()})"
        try:
            while True:
                with suppress(RedisError):  # others say that it is away
                    await self._sign(name)
                await asyncio.sleep(SIGN_SECONDS)
        finally:
            with suppress(RedisError):
                await self._scripts.redis.zrem(keys.processes(), name)

    async def alive(self) -> list[str]:
        """Each that gave one lately, its kind first."""
        return await self._sign("")

    async def _sign(self, name: str) -> list[str]:
        found = await self._scripts.run("sign", [keys.processes()], [name, SILENT_SECONDS])
        return sorted(map(text, found))
