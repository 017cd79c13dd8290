"""Plans of every cluster: what people said, which versions there were, and what was approved; and
the versions of plans and profiles, each as it was written for its readers."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.audience import Audience
from bot.domain.fixes.plan import Plan
from bot.domain.models import Worded
from bot.domain.writings import MOST, Writing, plan_of
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


class Writings(Store):
    """The versions of every subject; who may read which is for the caller to hold."""

    async def all(self, project: int, of: str) -> list[Writing]:
        """Every one that is kept, for whomever it was written; the oldest version first."""
        return await self._all(keys.writings(project, of), Writing, lambda one: one.number)

    async def keep(
        self, project: int, of: str, what: Worded, by: str, at: datetime, *,
        items: Sequence[int], number: int = 0,
    ) -> None:  # fmt: skip
        """Write version ``number`` down, by default the next where the newest says something else;
        over ``MOST`` the oldest go."""
        key, held = keys.writings(project, of), await self.all(project, of)
        newest = held[-1].number if held else 0
        made = Writing(
            audience=what.audience, number=number or newest + 1, body=what.model_dump_json(),
            items=tuple(items), author=by, made_at=at,
        )  # fmt: skip
        said = [(w.audience, w.text) for w in held if w.number == (number or newest)]
        if (made.audience, made.text) in said:
            return
        await self._redis.hset(key, f"{made.number}:{made.audience}", self._shut(made))
        old = sorted({made.number, *(one.number for one in held)})[:-MOST]
        if over := [f"{one.number}:{one.audience}" for one in held if one.number in old]:
            await self._redis.hdel(key, *over)

    async def forget(self, project: int, of: str) -> None:
        """Drop every version."""
        await self._redis.delete(keys.writings(project, of))
