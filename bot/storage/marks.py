"""How far something that is read again and again has been read."""

from __future__ import annotations

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
