"""A worker process: RQ wakes it, and it runs the jobs that are due until none is left.

It has one event loop and one context for its whole life, so that connections and caches outlive
a call of RQ's.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack

from rq import SimpleWorker

from bot.context import Context, open_context
from bot.domain.errors import BadPayload, Rejected, Unavailable
from bot.domain.secrets import redact
from bot.jobs import CLAIM, QUEUES, ROSTER, Claim, Lane
from bot.log import log
from bot.settings import Settings
from bot.storage.leases import LeaseLost
from workers.jobs import HEARERS

# How many jobs of a lane one process runs at once.
WIDTH: Mapping[Lane, int] = {"people": 8, "work": 8, "fixes": 1}
# One call of RQ's lasts this long; then it ends as soon as nothing runs, so that RQ sees it end.
ROUND_SECONDS = 30.0


Running = dict[Lane, set[asyncio.Task[None]]]


class WorkerProcess:
    """The loop and the context of a worker process."""

    def __init__(self, settings: Settings) -> None:
        self.loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self.stopping = False
        self.context: Context = self.loop.run_until_complete(
            self._stack.enter_async_context(open_context(settings))
        )

    def close(self) -> None:
        """Release the context."""
        self.loop.run_until_complete(self._stack.aclose())
        self.loop.close()


_process: WorkerProcess | None = None


def start(settings: Settings) -> WorkerProcess:
    """Make this process a worker."""
    global _process
    _process = WorkerProcess(settings)
    return _process


def run_due_jobs(queue: str) -> None:
    """RQ's entry point."""
    if _process is None:
        raise RuntimeError("start a worker with `soulcaster worker`")
    _process.loop.run_until_complete(drain(_process.context, queue, _process))


async def drain(
    ctx: Context,
    queue: str,
    process: WorkerProcess | None = None,
    *,
    seconds: float = ROUND_SECONDS,
) -> int:
    """Run due jobs of a queue until none is left or the round is over; how many ran."""
    running: Running = {lane: set() for lane in QUEUES[queue]}
    try:
        ran = await _run_due(ctx, running, process, seconds)
    finally:
        # The loop stops when we return: what it left half-way would go on in the next round, when
        # somebody else may hold its lease.
        left = set().union(*running.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
    for lane in running:
        if await ctx.jobs.overdue(lane):
            ctx.jobs.wake(queue)
    # The loop stops when we return: a wake-up under way must not stop half-way.
    await ctx.jobs.settled()
    return ran


async def _run_due(
    ctx: Context, running: Running, process: WorkerProcess | None, seconds: float
) -> int:
    until = _now() + seconds
    ran = 0
    while True:
        stopping = process is not None and process.stopping
        # A job that takes long must not keep the others waiting, so its round goes on with it.
        if not stopping and (any(running.values()) or _now() < until):
            ran += await _fill(ctx, running)
        tasks = set().union(*running.values())
        if not tasks:
            return ran
        if stopping:
            # Every job can be taken up by the next worker: its lease ends with it.
            for task in tasks:
                task.cancel()
        done, _ = await asyncio.wait(tasks, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
        for lane in running:
            running[lane] -= done
        for task in done:
            if not task.cancelled() and (error := task.exception()):
                log.warning("could not settle a job", why=f"{type(error).__name__}: {error}")


async def _fill(ctx: Context, running: Running) -> int:
    """Begin due jobs while there is room in their lane; how many."""
    began = 0
    for lane, tasks in running.items():
        while len(tasks) < WIDTH[lane] and (claim := await ctx.jobs.claim(lane)):
            tasks.add(asyncio.create_task(perform(ctx, claim)))
            began += 1
    return began


def _now() -> float:
    return asyncio.get_running_loop().time()


async def perform(ctx: Context, claim: Claim) -> None:
    """Run one claimed job to its end and settle it, whatever it raises."""
    job = ROSTER.get(claim.name)
    if job is None:
        await ctx.jobs.settle(claim, "park", reason=f"there is no job {claim.name}")
        return
    CLAIM.set(claim)
    try:
        async with ctx.leases.kept(claim.lease, claim.token), asyncio.timeout(job.timeout):
            await job.function(ctx, *claim.ids)
    except LeaseLost:
        log.warning("lease lost", job=claim.member)
    except asyncio.CancelledError:
        await ctx.jobs.settle(claim, "again")
        raise
    except Exception as error:
        await _failed(ctx, claim, error)
    else:
        await ctx.jobs.settle(claim, "done")


async def _failed(ctx: Context, claim: Claim, error: Exception) -> None:
    failures = await ctx.jobs.failures(claim)
    job = ROSTER[claim.name]
    if isinstance(error, Unavailable):
        # Somebody else is down: wait as told, for as long as it takes.
        wait = error.retry_after or min(60.0, 2.0**failures)
        log.warning("will try again", job=claim.member, wait=wait, why=str(error))
        await ctx.jobs.settle(claim, "again", wait=wait)
    elif isinstance(error, (Rejected, BadPayload)) or failures + 1 >= job.tries:
        reference = f"e-{secrets.token_hex(2).upper()}"
        log.error("job given up", job=claim.member, reference=reference, exc_info=error)
        reason = redact(f"{reference} {type(error).__name__}: {error}")
        await ctx.jobs.settle(claim, "park", reason=reason)
        if claim.name in HEARERS:
            await ctx.inbox.give_up(claim.ids[0])
    else:
        log.error("job failed", job=claim.member, exc_info=error)
        await ctx.jobs.settle(claim, "again", wait=min(60.0, 0.5 * 2.0**failures))


class Worker(SimpleWorker):
    """RQ's worker, in this process: the lease, not a fork, is what a crash is survived by."""

    process: WorkerProcess

    def request_stop(self, signum: int, frame: object) -> None:
        """First signal: claim nothing more, hand back what runs."""
        self.process.stopping = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]
