"""A worker process: RQ wakes it, and it runs the jobs that are due until none is left.

It has one event loop and one context for its whole life, so that connections and caches outlive
a call of RQ's.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import AsyncExitStack

from rq import SimpleWorker

from bot.context import Context, open_context
from bot.domain.errors import BadPayload, Rejected, Unavailable
from bot.jobs import CLAIM, ROSTER, Claim
from bot.log import log, redact
from bot.settings import Settings
from bot.storage.leases import LeaseLost

# How many jobs of a queue one process runs at once.
WIDTH = {"work": 8, "fixes": 1}
# One call of RQ's lasts this long; then it ends as soon as nothing runs, so that RQ sees it end.
ROUND_SECONDS = 30.0


class Process:
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


_process: Process | None = None


def start(settings: Settings) -> Process:
    """Make this process a worker."""
    global _process
    _process = Process(settings)
    return _process


def run_due_jobs(queue: str) -> None:
    """RQ's entry point."""
    if _process is None:
        raise RuntimeError("start a worker with `soulcaster worker`")
    _process.loop.run_until_complete(drain(_process.context, queue, _process))


async def drain(
    ctx: Context, queue: str, process: Process | None = None, *, seconds: float = ROUND_SECONDS
) -> int:
    """Run due jobs of a queue until none is left or the round is over; how many ran."""
    running: set[asyncio.Task[None]] = set()
    try:
        ran = await _run_due(ctx, queue, running, process, seconds)
    finally:
        # The loop stops when we return: what it left half-way would go on in the next round, when
        # somebody else may hold its lease.
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    if await ctx.jobs.overdue(queue):
        ctx.jobs.ring(queue)
    # The loop stops when we return: a wake-up under way must not stop half-way.
    await ctx.jobs.settled()
    return ran


async def _run_due(
    ctx: Context,
    queue: str,
    running: set[asyncio.Task[None]],
    process: Process | None,
    seconds: float,
) -> int:
    until = _now() + seconds
    ran = 0
    while True:
        stopping = process is not None and process.stopping
        # A job that takes long must not keep the others waiting, so its round goes on with it.
        while len(running) < WIDTH[queue] and not stopping and (running or _now() < until):
            claim = await ctx.jobs.claim(queue)
            if claim is None:
                break
            running.add(asyncio.create_task(perform(ctx, queue, claim)))
            ran += 1
        if not running:
            return ran
        if stopping:
            # Every job can be taken up by the next worker: its lease ends with it.
            for task in running:
                task.cancel()
        done, _ = await asyncio.wait(running, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
        running -= done
        for task in done:
            if not task.cancelled() and (error := task.exception()):
                log.warning("could not settle a job", why=f"{type(error).__name__}: {error}")


def _now() -> float:
    return asyncio.get_running_loop().time()


async def perform(ctx: Context, queue: str, claim: Claim) -> None:
    """Run one claimed job to its end and settle it. The only place a job's errors are caught."""
    job = ROSTER.get(claim.name)
    if job is None:
        await ctx.jobs.settle(claim, queue, "park", reason=f"there is no job {claim.name}")
        return
    CLAIM.set(claim)
    try:
        async with ctx.leases.kept(claim.lease, claim.token), asyncio.timeout(job.timeout):
            await job.function(ctx, *claim.ids)
    except LeaseLost:
        log.warning("lease lost", job=claim.member)
    except asyncio.CancelledError:
        await ctx.jobs.settle(claim, queue, "again")
        raise
    except Exception as error:
        await _failed(ctx, queue, claim, error)
    else:
        await ctx.jobs.settle(claim, queue, "done")


async def _failed(ctx: Context, queue: str, claim: Claim, error: Exception) -> None:
    failures = await ctx.jobs.failures(claim, queue)
    job = ROSTER[claim.name]
    if isinstance(error, Unavailable):
        # Somebody else is down: wait as told, for as long as it takes.
        wait = error.retry_after or min(60.0, 2.0**failures)
        log.warning("will try again", job=claim.member, wait=wait, why=str(error))
        await ctx.jobs.settle(claim, queue, "again", wait=wait)
    elif isinstance(error, (Rejected, BadPayload)) or failures + 1 >= job.tries:
        reference = f"e-{secrets.token_hex(2).upper()}"
        log.error("job given up", job=claim.member, reference=reference, exc_info=error)
        reason = redact(f"{reference} {type(error).__name__}: {error}")
        await ctx.jobs.settle(claim, queue, "park", reason=reason)
    else:
        log.error("job failed", job=claim.member, exc_info=error)
        await ctx.jobs.settle(claim, queue, "again", wait=min(60.0, 0.5 * 2.0**failures))


class Worker(SimpleWorker):
    """RQ's worker, in this process: the lease, not a fork, is what a crash is survived by."""

    process: Process

    def request_stop(self, signum: int, frame: object) -> None:
        """First signal: claim nothing more, hand back what runs."""
        self.process.stopping = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]
