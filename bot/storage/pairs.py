"""Corrections people made: item pairs that must, or must not, be together."""

from __future__ import annotations

from bot.domain.clusters.engine import Links
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import text


class Pairs(Store):
    """Must-link and cannot-link pairs of every project."""

    async def of(self, project: int) -> Links:
        """All of a project's corrections."""
        must = await self._redis.smembers(keys.pairs(project, "must"))
        cannot = await self._redis.smembers(keys.pairs(project, "cannot"))
        return Links.of([_pair(v) for v in must], [_pair(v) for v in cannot])


def _pair(value: object) -> tuple[int, int]:
    first, _, second = text(value).partition(",")
    return int(first), int(second)
