"""How far something that is read again and again has been read, and what the operator knows."""

from datetime import datetime

from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import text


class Marks(Store):
    """High-water marks by name: everything up to them has been dealt with."""

    async def get(self, name: str) -> datetime | None:
        """Up to when; None where nothing was read yet."""
        found = text(await self._redis.get(keys.mark(name)))
        return datetime.fromisoformat(found) if found else None

    async def put(self, name: str, at: datetime) -> None:
        """It has been read up to here. ``at`` is aware."""
        await self._redis.set(keys.mark(name), at.isoformat())

    async def told(self) -> dict[str, str]:
        """What the operator was told of and is not over: by name, in which words."""
        found = await self._redis.hgetall(keys.alarms())
        return {text(name): text(words) for name, words in found.items()}

    async def tell(self, name: str, words: str) -> None:
        """The operator was told so; no ``words``: that it is over."""
        if words:
            await self._redis.hset(keys.alarms(), name, words)
        else:
            await self._redis.hdel(keys.alarms(), name)
