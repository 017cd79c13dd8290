"""How each door does: what comes to it, and what was refused last and why."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple

from redis.asyncio import Redis

from bot.domain.audience import Audience
from bot.domain.models import Worded
from bot.storage import keys
from bot.storage.seal import Keys
from bot.storage.text import number, text

# What became of it where it is not noted what it was.
WRONG, PASSED = "with a wrong secret", "let pass"
WEEK, WEEKS = 7 * 24, 5  # hours, by which counts are kept, and for how many weeks


class Noted(Worded):
    """The beginning of a payload of a door, when it came, and how it was read."""

    at: str
    how: str
    payload: str


class State(NamedTuple):
    """What came ``last`` and was ``refused`` last; by what became of it, how much ``came`` in each
    hour since 1970, of the last weeks."""

    last: Noted | None
    refused: Noted | None
    came: dict[str, Counter[int]]


class Health:
    """The doors of every project, by the id of their hook."""

    def __init__(self, redis: Redis, fernet: Keys) -> None:
        self._redis, self._fernet = redis, fernet

    async def note(
        self, project: int, hook: str, at: datetime, how: str, body: bytes | None = None
    ) -> None:
        """Count what came, and remember a ``body`` and ``how`` it was read, in one line."""
        came = how if body is None else "refused" if how.startswith("refused: ") else "taken"
        hour = int(at.timestamp() // 3600)
        counts, noted = keys.door(project, hook, hour // WEEK), keys.door(project, hook, "noted")
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hincrby(counts, f"{came}:{hour}", 1)
            pipe.expire(counts, timedelta(hours=WEEKS * WEEK))
            if came != WRONG:
                pipe.zadd(keys.doors_due(), {f"{project}:{hook}": at.timestamp()}, nx=True)
            if body is not None:
                payload, when = body[:4_000].decode(errors="replace"), f"{at:%d %b %H:%M} UTC"
                told = Noted(audience=Audience.TEAM, at=when, how=how[:500], payload=payload)
                sealed = self._fernet.encrypt(told.model_dump_json().encode())
                pipe.hset(noted, mapping=dict.fromkeys({"last", came} - {"taken"}, sealed))
                pipe.expire(noted, timedelta(days=30))
            await pipe.execute()

    async def state(self, project: int, hook: str, now: datetime) -> State:
        """How a door does."""
        this = int(now.timestamp() // 3600) // WEEK
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(keys.door(project, hook, "noted"), "last", "refused")
            for week in range(this - WEEKS + 1, this + 1):
                pipe.hgetall(keys.door(project, hook, week))
            (last, refused), *weeks = await pipe.execute()
        came = defaultdict[str, Counter[int]](Counter)
        for field, count in (each for week in weeks for each in week.items()):
            what, _, hour = text(field).partition(":")
            came[what][int(hour)] = number(count)
        return State(self._opened(last), self._opened(refused), came)

    def _opened(self, kept: bytes | None) -> Noted | None:
        return Noted.read(self._fernet.open(kept)) if kept else None

    async def due(self, now: datetime) -> list[tuple[int, str]]:
        """Project and hook of the doors that are to be looked at by now."""
        found = await self._redis.zrange(keys.doors_due(), "-inf", now.timestamp(), byscore=True)
        return [(int(p), hook) for p, _, hook in (text(one).partition(":") for one in found)]

    async def look_again(self, project: int, hook: str, at: datetime | None) -> None:
        """When to look at the door next; None is when something comes again."""
        member = f"{project}:{hook}"
        if at is None:
            await self._redis.zrem(keys.doors_due(), member)
        else:
            await self._redis.zadd(keys.doors_due(), {member: at.timestamp()}, xx=True)
