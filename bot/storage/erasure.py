"""Erase all that is kept of a project, in passes that may end at any point. A pass looks at every
key and at every entry of what projects share. Who works for the project loses its job in the first
one; when a pass has found nothing, nothing is left."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import get_args

from bot.storage import keys
from bot.storage.accounts import Account
from bot.storage.schema import ROOT
from bot.storage.store import Store
from bot.storage.text import number, text

STEP = 500
# How long other machines have to hear of it.
KNOWN = timedelta(days=30)
_LANES = get_args(keys.Lane)
_JOB = keys.lease("job:")
_OF_JOBS = [make(lane) for lane in _LANES for make in (keys.parked, keys.generations, keys.tries)]


class Erasure(Store):
    """Projects that are being erased, see ``Projects.begin_erasing``."""

    async def under_way(self) -> list[int]:
        """Those that are being erased, by number."""
        return sorted(number(project) for project in await self._redis.smembers(keys.erasing()))

    async def done(self) -> list[int]:
        """Those that were erased lately."""
        return [number(project) for project in await self._redis.zrange(keys.erased(), 0, -1)]

    async def end(self, project: int, at: datetime | None) -> None:
        """From now on it may be installed anew; ``at`` is when all of it was gone."""
        async with self._redis.pipeline(transaction=True) as pipe:
            if at is not None:
                pipe.hdel(keys.projects(), str(project))
                pipe.zadd(keys.erased(), {str(project): at.timestamp()})
                pipe.zremrangebyscore(keys.erased(), "-inf", (at - KNOWN).timestamp())
            pipe.srem(keys.erasing(), project)
            await pipe.execute()

    async def sweep(self, project: int, installation: int) -> Counter[str]:
        """One pass; how many entries were erased, by kind. ``installation`` is the project's where
        no other project is in it, else 0."""
        gone, cursor = Counter[str](), 0
        while True:
            cursor, found = await self._redis.scan(cursor, match=f"{ROOT}:*", count=STEP)
            gone += await self._erase(project, installation, [text(key) for key in found])
            if not cursor:
                break
        for key, mine in _shared(project, installation):
            entries = self._redis.hscan_iter(key, count=STEP)
            names = [name async for name, value in entries if mine(text(name), text(value))]
            for at in range(0, len(names), STEP):
                gone[key.split(":")[1]] += await self._redis.hdel(key, *names[at : at + STEP])
        for lane in _LANES:
            await self._redis.zrem(keys.turns(lane), str(project))
        return gone

    async def _erase(self, project: int, installation: int, found: list[str]) -> Counter[str]:
        """Those of these keys that are the project's."""
        own, named = f"{ROOT}:{project}:", {keys.mark(f"issues:{project}")}
        named |= {keys.todo(lane, project) for lane in _LANES}
        named |= {keys.budget(f"github:{installation}", part) for part in keys.BUDGET}
        # Without its lease whoever does a job ends.
        named |= {k for k in found if k.startswith(_JOB) and _of(k.removeprefix(_JOB)) == project}
        mine = [key for key in found if key.startswith(own) or key in named]
        for row in (key for key in found if key.startswith(keys.inbox(""))):
            tenant, kind = await self._redis.hmget(row, "tenant", "kind")
            if number(tenant) == project:
                mine.append(row)
                for key in _OF_JOBS:
                    await self._redis.hdel(key, json.dumps([text(kind), row.split(":")[2]]))
        counts = await self._scripts.run("erase", mine, []) if mine else []
        kinds = (key.split(":")[2 if key.startswith(own) else 1] for key in mine)
        return sum((Counter({k: c}) for k, c in zip(kinds, counts, strict=True)), Counter[str]())


def _shared(project: int, installation: int) -> Iterator[tuple[str, Callable[[str, str], bool]]]:
    """Hashes that projects share, and which entries there are this one's."""
    yield keys.project_names(), lambda _, value: value == str(project)
    yield keys.threads(), lambda _, value: value.startswith(f"{project}:")
    if installation:
        of = Account.read
        yield keys.accounts(), lambda _, value: of(value).installation == installation
    for key in _OF_JOBS:
        yield key, lambda member, _: _of(member) == project


def _of(member: str) -> object:
    """The first id of a job, which is a project's where it is a number."""
    return [*json.loads(member), None][1]
