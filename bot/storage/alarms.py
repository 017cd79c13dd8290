"""What the operator was told of, and is not over; and the clock's last look at how all stands."""

from __future__ import annotations

from datetime import datetime

from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import text

LOOKED_SECONDS = 3600


class Alarms(Store):
    """Of the whole installation: no text of a repository is in here."""

    async def told(self) -> dict[str, str]:
        """By name, in which words."""
        found = await self._redis.hgetall(keys.alarms())
        return {text(name): text(words) for name, words in found.items()}

    async def begin(self, name: str, words: str) -> None:
        """The operator was told."""
        await self._redis.hset(keys.alarms(), name, words)

    async def end(self, name: str) -> None:
        """It is over, and was told so."""
        await self._redis.hdel(keys.alarms(), name)

    async def look(self, at: datetime, left: float) -> None:
        """The clock looked; ``left`` is the share of what GitHub takes, of who has the least."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.looked(), mapping={"at": at.timestamp(), "left": left})
            pipe.expire(keys.looked(), LOOKED_SECONDS)
            await pipe.execute()

    async def looked(self) -> dict[str, float]:
        """``at`` and ``left`` of the last look; empty where the clock has not looked for long."""
        found = await self._redis.hgetall(keys.looked())
        return {text(name): float(text(value)) for name, value in found.items()}
