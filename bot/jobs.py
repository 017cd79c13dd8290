"""Jobs: asked for by name and ids, run at least once, harmless when run twice. A job is on the
to-do list in Redis until it has ended well; RQ only wakes a worker. So a job outlives every
process: whoever comes next claims it under a lease, and a worker that lost its lease may write
nothing more."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer

from bot.log import log
from bot.storage import keys
from bot.storage.budget import Priority
from bot.storage.connection import connect
from bot.storage.leases import Leases
from bot.storage.scripts import Scripts
from bot.storage.text import number, text

if TYPE_CHECKING:
    from bot.context import Context

JobFunction = Callable[..., Awaitable[None]]
Lane = keys.Lane
# What a worker process takes jobs from, by the RQ queue that wakes it: what people said never
# waits behind what machines sent, and nothing live behind what is read from before.
QUEUES: Mapping[str, tuple[Lane, ...]] = {
    "work": ("people", "work", "history"),
    "fixes": ("fixes",),
}
LANES: tuple[Lane, ...] = tuple(lane for lanes in QUEUES.values() for lane in lanes)
_QUEUE_OF = {lane: queue for queue, lanes in QUEUES.items() for lane in lanes}
# Who goes first where a service takes no more.
PRIORITIES: Mapping[Lane, Priority] = {
    "people": Priority.ANSWER,
    "work": Priority.TRACKING,
    "history": Priority.HISTORY,
    "fixes": Priority.END,
}
# Jobs that are no single project's.
NOBODY = 0
# RQ wants to be told what to call. Nobody calls it: that it waits there is all it says.
_WAKE_UP = "soulcaster.wake"
# How long a worker sleeps before it looks by itself: a wake-up may be lost, and no clock may run.
_SLEEP_SECONDS = 15
# Whoever asks for a job that is due so soon wakes a worker then; the others are the clock's.
_SOON_SECONDS = 60
# How long a job that a process cannot do is left to others, before it is looked at again.
_DECLINED_SECONDS = 30


ROSTER: dict[str, Job] = {}


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is asked for; declaring one puts it on the roster. ``done_by`` is
    ``module:function``, an ``async def function(ctx, *ids)``; the function's name is the job's, in
    Redis too. ``timeout`` is in seconds, for one try."""

    done_by: str
    lane: Lane = "work"
    timeout: float = 60
    tries: int = 8

    def __post_init__(self) -> None:
        if ROSTER.setdefault(self.name, self) is not self:
            raise ValueError(f"two jobs are called {self.name}")

    @property
    def name(self) -> str:
        """What it is called in the to-do list."""
        return self.done_by.partition(":")[2]

    @property
    def function(self) -> JobFunction:
        """What does it; its module is imported where it is not yet."""
        function: JobFunction = getattr(import_module(self.done_by.partition(":")[0]), self.name)
        return function


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in our hands. ``token`` fences its writes."""

    member: str
    generation: str
    token: str
    lane: Lane
    tenant: str

    @property
    def name(self) -> str:
        """The job's name."""
        return str(json.loads(self.member)[0])

    @property
    def ids(self) -> list[Any]:
        """Its arguments."""
        return list(json.loads(self.member)[1:])

    @property
    def lease(self) -> str:
        """Key of its lease."""
        return keys.lease(f"job:{self.member}")


@dataclass(frozen=True, slots=True)
class Parked:
    """A job that was given up: when, and why. The reason begins with a reference, ``e-12AB``."""

    member: str
    at: datetime
    reason: str

    @property
    def reference(self) -> str:
        """What it is called by."""
        return self.reason.partition(" ")[0]

    @property
    def name(self) -> str:
        """The job's name and ids."""
        return " ".join(str(part) for part in json.loads(self.member))


# The claim of the job that runs in this task; its token fences what the job writes.
CLAIM: ContextVar[Claim] = ContextVar("claim")


class Jobs:
    """The to-do lists, and how a worker is woken."""

    def __init__(self, redis: Redis, scripts: Scripts, leases: Leases, url: str) -> None:
        self._redis, self._scripts, self._leases, self._url = redis, scripts, leases, url
        self._queues: dict[str, Queue] = {}
        self._waking: dict[str, asyncio.Task[None]] = {}
        self._later: dict[tuple[str, float], asyncio.TimerHandle] = {}
        self._asleep: Redis | None = None
        self._declined: dict[str, float] = {}
        self._told: set[str] = set()

    async def ask(self, job: Job, *ids: int | str, delay: float = 0, tenant: int = NOBODY) -> None:
        """Have a job run, ``delay`` seconds from now. Asking twice before it runs is once. It is
        project ``tenant``'s, or that of a first id that is a number: within a lane projects take
        turns. The same job is always the same project's."""
        tenant = tenant or (ids[0] if ids and isinstance(ids[0], int) else NOBODY)
        member = json.dumps([job.name, *ids])
        lists = [keys.todo(job.lane, tenant), keys.generations(job.lane), keys.turns(job.lane)]
        await self._scripts.run(
            "ask", [*lists, keys.lease(f"job:{member}")], [member, delay, tenant]
        )
        self.wake(_QUEUE_OF[job.lane], delay)

    def wake(self, queue: str, delay: float = 0) -> None:
        """Wake a worker in ``delay`` seconds; calls for the same moment are one."""
        if delay > 0:
            loop = asyncio.get_running_loop()
            at = math.ceil((loop.time() + delay) * 5) / 5
            if delay <= _SOON_SECONDS and (queue, at) not in self._later:
                self._later[queue, at] = loop.call_at(at, self._wake_later, queue, at)
        elif queue not in self._waking or self._waking[queue].done():
            self._waking[queue] = asyncio.create_task(self._wake(queue))

    def _wake_later(self, queue: str, at: float) -> None:
        del self._later[queue, at]
        self.wake(queue)

    async def _wake(self, queue: str) -> None:
        await asyncio.sleep(0.005)
        # Whoever takes the one that waits there will find our job on the list: one is enough. One
        # that cannot be put there is no loss: workers look by themselves.
        with contextlib.suppress(RedisError):
            if await self._redis.llen(_key(queue)) == 0:
                await asyncio.to_thread(self._enqueue, queue)

    async def sleep(self, queue: str) -> None:
        """Until somebody wakes us, for a while at most."""
        if self._asleep is None:
            self._asleep = connect(self._url, patience=_SLEEP_SECONDS + 5)
        if woken := await self._asleep.blpop([_key(queue)], _SLEEP_SECONDS):
            await self._redis.delete(RqJob.key_for(text(woken[1])))

    def _enqueue(self, queue: str) -> None:
        if queue not in self._queues:
            connection = BlockingRedis.from_url(
                self._url, socket_connect_timeout=2, socket_timeout=2
            )
            self._queues[queue] = Queue(queue, connection=connection, serializer=JSONSerializer)
        self._queues[queue].enqueue(_WAKE_UP, queue, job_timeout=-1, result_ttl=0, failure_ttl=60)

    async def claim(self, *lanes: Lane) -> Claim | None:
        """A due job that nobody holds, of the first lane that has one, of the project whose last
        turn there is longest ago."""
        token, now = secrets.token_hex(8), time.monotonic()
        found = await self._scripts.run(
            "claim",
            [key for lane in lanes for key in (keys.turns(lane), keys.generations(lane))],
            [
                *(keys.lease("job:"), token, self._leases.milliseconds),
                *(keys.todo(lane, "") for lane in lanes),
                *(job for job, until in self._declined.items() if until > now),
            ],
        )
        if not found:
            return None
        job, generation, tenant = (text(part) for part in found[:3])
        holder = f"{token}:{generation}"
        return Claim(job, generation, holder, lanes[int(found[3]) - 1], tenant)

    async def decline(self, claim: Claim, why: str) -> None:
        """Leave a job to other workers for a while; the reason is said once."""
        if why not in self._told:
            log.warning("left to other workers", why=why)
            self._told.add(why)
        now = time.monotonic()
        self._declined = {job: until for job, until in self._declined.items() if until > now}
        self._declined[claim.member] = now + _DECLINED_SECONDS
        await self._scripts.run("release", [claim.lease], [claim.token])

    async def settle(self, claim: Claim, outcome: str, *, wait: float = 0, reason: str = "") -> int:
        """End a claim: "done", "again" in ``wait`` seconds, "back", or "park". See settle.lua."""
        reason = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {reason}"
        lane, told = claim.lane, [claim.member, claim.token, claim.generation]
        mine = [keys.todo(lane, claim.tenant), keys.generations(lane), keys.tries(lane)]
        mine += [claim.lease, keys.parked(lane)]
        settled = int(await self._scripts.run("settle", mine, [*told, outcome, wait, reason]))
        if outcome in ("again", "back"):
            self.wake(_QUEUE_OF[claim.lane], wait)
        return settled

    async def failures(self, claim: Claim) -> int:
        """How often this job has failed so far."""
        return number(await self._redis.hget(keys.tries(claim.lane), claim.member))

    async def late(self, *, projects: int = 0) -> dict[Lane, tuple[int, float]]:
        """By lane: due jobs that nobody holds, as far as 500, and for how many seconds the first
        has been due; of all projects, or of so many that wait longest for their turn."""
        turns, prefixes = map(keys.turns, LANES), [keys.todo(lane, "") for lane in LANES]
        arguments = [keys.lease("job:"), projects - 1, *prefixes]
        found = await self._scripts.run("overdue", [*turns], arguments)
        told = [(int(count), float(text(seconds))) for count, seconds in found]
        return dict(zip(LANES, told, strict=True))

    async def pending(self, lane: Lane) -> int:
        """Jobs that have not ended, due or not."""
        return int(await self._redis.hlen(keys.generations(lane)))

    async def waiting(self, lane: Lane) -> list[int]:
        """Projects with a job to do in a lane; one may be named for a moment after its last."""
        return [number(tenant) for tenant in await self._redis.zrange(keys.turns(lane), 0, -1)]

    async def given_up(self, lane: Lane) -> int:
        """How many were."""
        return int(await self._redis.hlen(keys.parked(lane)))

    async def parked(self, lane: Lane) -> list[Parked]:
        """Jobs that were given up, oldest first."""
        found = []
        for member, kept in (await self._redis.hgetall(keys.parked(lane))).items():
            at, _, reason = text(kept).partition(" ")
            found.append(Parked(text(member), datetime.fromisoformat(at), reason))
        return sorted(found, key=lambda one: one.at)

    async def replay(self, reference: str = "", *, project: int | None = None) -> list[Parked]:
        """Have jobs that were given up run again: the one of this reference, or all of them; only
        those of one project, if one is named."""
        again = []
        for lane in LANES:
            for one in await self.parked(lane):
                name, *ids = json.loads(one.member)
                if project is not None and ids[:1] != [project]:
                    continue
                if name in ROSTER and reference in ("", one.reference):
                    await self.ask(ROSTER[name], *ids)
                    await self.forget(lane, one.member)
                    again.append(one)
        return again

    async def forget(self, lane: Lane, member: str) -> None:
        """Take a job off the list of those given up."""
        await self._redis.hdel(keys.parked(lane), member)

    def fence(self) -> str:
        """Token of the claim in hand: a second worker on the same job has another."""
        return CLAIM.get().token

    async def settled(self) -> None:
        """Wait until every worker that was to be woken has been."""
        await asyncio.gather(*self._waking.values(), return_exceptions=True)

    async def close(self) -> None:
        """Let wake-ups that are under way finish, and hang up."""
        for timer in self._later.values():
            timer.cancel()
        await self.settled()
        if self._asleep is not None:
            await self._asleep.aclose()
        for queue in self._queues.values():
            queue.connection.close()


def _key(queue: str) -> str:
    """Where RQ keeps the wake-ups of a queue."""
    return f"{Queue.redis_queue_namespace_prefix}{queue}"


async def enqueue(ctx: Context, job: Job, *ids: int | str, delay: float = 0) -> None:
    """``ctx.jobs.ask`` as workers and handlers say it."""
    await ctx.jobs.ask(job, *ids, delay=delay)
