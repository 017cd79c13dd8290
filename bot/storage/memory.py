"""What is remembered of every project."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.memory.facts import MOST, Fact
from bot.storage import keys
from bot.storage.store import Store


class Memory(Store):
    """The facts of every project; who may read what of them is for the caller to hold."""

    async def facts(self, project: int, now: datetime) -> list[Fact]:
        """All that have not expired, oldest first; those that have are dropped."""
        held = (await self._redis.hgetall(keys.facts(project))).values()
        found = sorted((Fact.read(self._seal.open(h)) for h in held), key=lambda f: f.number)
        over = [fact.number for fact in found if fact.expires_at and fact.expires_at <= now]
        await self.forget(project, over)
        return [fact for fact in found if fact.number not in over]

    async def keep(self, project: int, fact: Fact) -> Fact:
        """A new fact gets its number; over ``MOST`` the oldest goes."""
        number = int(await self._redis.incr(keys.counter(project, "fact")))
        made = fact.model_copy(update={"number": number})
        sealed = self._seal.shut(made.model_dump_json())
        await self._redis.hset(keys.facts(project), str(number), sealed)
        held = sorted(int(each) for each in await self._redis.hkeys(keys.facts(project)))
        await self.forget(project, held[:-MOST])
        return made

    async def forget(self, project: int, numbers: Sequence[int]) -> None:
        """Drop facts."""
        if numbers:
            await self._redis.hdel(keys.facts(project), *map(str, numbers))
