"""Plans of every cluster: what people said, which versions there were, and what was approved."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.audience import Audience
from bot.domain.fixes.plan import Plan
from bot.domain.writings import plan_of
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import text

_APPROVED = "approved"


class Plans(Store):
    """A version of a plan is one set of reports and words; its text is written once."""

    async def steering(self, project: int, cluster: int) -> list[str]:
        """Every note, oldest first."""
        return await self._words(keys.steering(project, cluster))

    async def steer(self, project: int, cluster: int, words: str) -> None:
        """Add a note."""
        await self._redis.rpush(keys.steering(project, cluster), self._seal.shut(words))

    async def steer_as(self, project: int, cluster: int, words: Sequence[str]) -> None:
        """These notes and no others."""
        key = keys.steering(project, cluster)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(key)
            if words:
                pipe.rpush(key, *(self._seal.shut(each) for each in words))
            await pipe.execute()

    async def version(self, project: int, cluster: int, checksum: str) -> int:
        """The version that is written from what ``checksum`` names; 1 is the first."""
        key = keys.plan_versions(project, cluster)
        if checksum not in (known := await self._checksums(key)):
            await self._redis.rpush(key, checksum)
            known = await self._checksums(key)
        return known.index(checksum) + 1  # two that raced both find the first

    async def _checksums(self, key: str) -> list[str]:
        return [text(value) for value in await self._redis.lrange(key, 0, -1)]

    async def written(self, project: int, cluster: int, name: str) -> Plan | None:
        """The text of a version, if it was kept. ``name`` says whom it was written for, too."""
        return await self._one(keys.plans(project, cluster), name, Plan)

    async def keep(self, project: int, cluster: int, name: str, plan: Plan) -> Plan:
        """Keep the text of a version; what was kept first stays, and is returned."""
        key = keys.plans(project, cluster)
        await self._redis.hsetnx(key, name, self._shut(plan))
        return await self._one(key, name, Plan) or plan

    async def approve(self, project: int, cluster: int, plan: Plan, *, readers: Audience) -> None:
        """Fixes that these may read go by this plan from now on."""
        key = keys.plans(project, cluster)
        await self._redis.hset(key, f"{_APPROVED}:{readers}", self._shut(plan))

    async def approved(self, project: int, cluster: int, *, readers: Audience) -> Plan | None:
        """The plan that was approved last, as it was written for these."""
        return await self.written(project, cluster, f"{_APPROVED}:{readers}")

    async def forget(self, project: int, cluster: int) -> None:
        """Drop all that was written, and so what was approved; the next plan is written anew."""
        of = keys.plans(project, cluster), keys.writings(project, plan_of(cluster))
        await self._redis.delete(*of)
