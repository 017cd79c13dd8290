"""Leases: who works on a thing right now. Time is Redis's own, so clocks may differ."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.storage import keys
from bot.storage.scripts import Scripts
from bot.storage.text import text


class LeaseLost(Exception):
    """Somebody else may hold it now: stop, and write nothing more."""


class Leases:
    """Take, keep and give back leases of ``seconds``."""

    def __init__(self, redis: Redis, scripts: Scripts, seconds: float) -> None:
        self._redis, self._scripts = redis, scripts
        self.milliseconds = int(seconds * 1000)

    @asynccontextmanager
    async def hold(self, name: str, *, by_force: bool = False) -> AsyncIterator[str | None]:
        """The fencing token, or None when somebody else holds ``name``: ``by_force`` they lose it.
        The lease is renewed until the block ends; losing it cancels the block with LeaseLost."""
        token = secrets.token_hex(8)
        key = keys.lease(name)
        if not await self._redis.set(key, token, nx=not by_force, px=self.milliseconds):
            yield None
            return
        try:
            async with self.kept(key, token):
                yield token
        finally:
            await self._scripts.run("release", [key], [token])

    async def held(self, key: str, token: str) -> bool:
        """Whether ``token`` holds the lease at ``key`` right now."""
        return text(await self._redis.get(key)) == token

    @asynccontextmanager
    async def kept(self, key: str, token: str) -> AsyncIterator[None]:
        """Renew a lease that is held already, until the block ends."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        lost, renewal = False, None

        async def renew() -> None:
            nonlocal lost
            misses = 0
            while True:
                try:
                    kept = await self._scripts.run("renew", [key], [token, self.milliseconds])
                    misses = 0
                except (RedisError, OSError):
                    misses += 1
                    kept = misses < 3
                if not kept:
                    lost = True
                    if task:
                        task.cancel()
                    return
                await asyncio.sleep(self.milliseconds / 3000)

        def begin() -> None:
            nonlocal renewal
            renewal = loop.create_task(renew())

        # Most work ends before that.
        soon = loop.call_later(self.milliseconds / 3000, begin)
        try:
            yield
        except asyncio.CancelledError:
            if lost:
                if task:
                    task.uncancel()
                raise LeaseLost(key) from None
            raise
        finally:
            soon.cancel()
            if renewal is not None:
                renewal.cancel()
                await asyncio.gather(renewal, return_exceptions=True)
