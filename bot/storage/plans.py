"""What people said about how a problem should be fixed."""

from __future__ import annotations

from redis.asyncio import Redis

from bot.storage import keys
from bot.storage.text import text


class Plans:
    """Steering notes of every cluster; a plan is made of them and of the evidence."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def steering(self, project: int, cluster: int) -> list[str]:
        """Every note, oldest first."""
        found = await self._redis.lrange(keys.steering(project, cluster), 0, -1)
        return [text(value) for value in found]

    async def steer(self, project: int, cluster: int, words: str) -> None:
        """Add a note."""
        await self._redis.rpush(keys.steering(project, cluster), words)
