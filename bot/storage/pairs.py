"""Corrections people made: item pairs that must, or must not, be together."""

from __future__ import annotations

from redis.asyncio import Redis

from bot.domain.clusters.engine import Links
from bot.storage import keys
from bot.storage.text import text


class Pairs:
    """Must-link and cannot-link pairs of every project."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def of(self, project: int) -> Links:
        """All of a project's corrections."""
        must = await self._redis.smembers(keys.pairs(project, "must"))
        cannot = await self._redis.smembers(keys.pairs(project, "cannot"))
        return Links.of([_pair(v) for v in must], [_pair(v) for v in cannot])


def _pair(value: object) -> tuple[int, int]:
    first, _, second = text(value).partition(",")
    return int(first), int(second)
