"""A worker process: it runs the jobs that are due until none is left, then sleeps until woken. It
goes on through whatever Redis does: a job that could not be settled is still on the list, and its
lease ends by itself."""

import asyncio
import secrets
import sqlite3
from collections.abc import Mapping

from redis.exceptions import RedisError

from bot.context import Context
from bot.domain.errors import BadPayload, NotHere, Quiet, Rejected, SoulcasterError, Unavailable
from bot.domain.secrets import redact
from bot.jobs import CLAIM, PRIORITIES, QUEUES, ROSTER, Claim, Lane
from bot.log import log, logged
from bot.storage.budget import at
from bot.storage.leases import LeaseLost
from bot.storage.outage import is_away
from workers.jobs import HEARERS
from workers.upkeep.erase import forget_files
from workers.upkeep.sweep import bring_spooled, reap_sandboxes

# How many jobs of a lane one process runs at once; fixes as a setting says.
WIDTH: Mapping[Lane, int] = {"people": 8, "work": 8, "history": 1}
# How long a job may take to let go when the process is to end.
LETTING_GO_SECONDS = 10.0
# Between two looks for what nobody on this machine holds.
REAPING_SECONDS = 20.0

Running = dict[Lane, set[asyncio.Task[None]]]


async def work(ctx: Context, queue: str) -> None:
    """Run the jobs of a queue for ever; cancelled, hand back what runs."""
    reaping = asyncio.create_task(_reap(ctx))
    try:
        while True:
            await drain(ctx, queue)
            await ctx.outage.wait()
            try:
                await ctx.jobs.sleep(queue)
            except RedisError as error:
                ctx.outage.began(error)
    finally:
        reaping.cancel()
        await asyncio.gather(reaping, return_exceptions=True)


async def _reap(ctx: Context) -> None:
    """End sandboxes that nobody holds, bring what a web process left on disk, and drop files of
    projects that are gone. No job: those of this machine are seen from here alone."""
    while True:
        with logged(
            "could not look after this machine", SoulcasterError, RedisError, OSError, sqlite3.Error
        ):
            if not ctx.outage.on:
                await reap_sandboxes(ctx)
                await bring_spooled(ctx)
                await forget_files(ctx)
        await asyncio.sleep(REAPING_SECONDS)


async def drain(ctx: Context, queue: str) -> int:
    """Run due jobs of a queue until none is left, or none can be claimed; how many ran. What runs
    goes on while Redis is away, for as long as its lease may last."""
    running: Running = {lane: set() for lane in QUEUES[queue]}
    ran = 0
    try:
        while True:
            # A job that takes long must not keep the others waiting.
            try:
                if not ctx.outage.on or await ctx.outage.over():
                    ran += await _fill(ctx, running)
            except RedisError as error:
                ctx.outage.began(error)
            tasks = set().union(*running.values())
            if not tasks:
                return ran
            await _look_at(ctx, running, tasks)
    finally:
        await _hand_back(set().union(*running.values()))


async def _look_at(ctx: Context, running: Running, tasks: set[asyncio.Task[None]]) -> None:
    """Wait a little for jobs that run, and take those off that have ended."""
    done, _ = await asyncio.wait(tasks, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
    for lane in running:
        running[lane] -= done
    for task in done:
        if task.cancelled() or (error := task.exception()) is None:
            continue
        if is_away(error):
            ctx.outage.began(error)
        else:
            log.warning("could not settle a job", why=f"{type(error).__name__}: {error}")


async def _hand_back(tasks: set[asyncio.Task[None]]) -> None:
    """Every job can be taken up by the next worker: its lease ends with it."""
    while tasks:
        for task in tasks:
            task.cancel()
        done, tasks = await asyncio.wait(tasks, timeout=LETTING_GO_SECONDS)
        for task in done:
            # Redis may be away: then the lease ends by itself.
            _ = task.cancelled() or task.exception()


async def _fill(ctx: Context, running: Running) -> int:
    """Begin due jobs while there is room in their lane; how many."""
    began, fixes = 0, ctx.settings.soulcaster_fixes_at_once
    while lanes := [lane for lane, run in running.items() if len(run) < WIDTH.get(lane, fixes)]:
        claim = await ctx.jobs.claim(*lanes)
        if claim is None:
            break
        running[claim.lane].add(asyncio.create_task(perform(ctx, claim)))
        began += 1
    return began


async def perform(ctx: Context, claim: Claim) -> None:
    """Run one claimed job to its end and settle it, whatever it raises."""
    job = ROSTER.get(claim.name)
    if job is None:
        await ctx.jobs.settle(claim, "park", reason=f"there is no job {claim.name}")
        return
    CLAIM.set(claim)
    try:
        async with ctx.leases.kept(claim.lease, claim.token):
            project = int(claim.tenant)
            if project and project not in ctx.overview.whole and await ctx.projects.find(project):
                # What an older version stored is counted before anything is shown of it.
                await ctx.overview.make_whole(project)
            async with asyncio.timeout(job.timeout):
                with at(PRIORITIES[claim.lane]):
                    await job.function(ctx, *claim.ids)
    except LeaseLost:
        if not ctx.outage.on:
            log.warning("lease lost: somebody else goes on with it", job=claim.member)
    except asyncio.CancelledError:
        await ctx.jobs.settle(claim, "back")
        raise
    except Exception as error:
        await _failed(ctx, claim, error)
    else:
        await ctx.jobs.settle(claim, "done")


async def _failed(ctx: Context, claim: Claim, error: Exception) -> None:
    if is_away(error):
        raise error
    if isinstance(error, NotHere):
        await ctx.jobs.decline(claim, str(error))
        return
    if isinstance(error, Quiet):
        await ctx.jobs.settle(claim, "done")
        log.info("left undone where it is quiet", job=claim.member)
        return
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
            await ctx.inbox.give_up(claim.ids[0], readable=not isinstance(error, BadPayload))
    else:
        log.error("job failed", job=claim.member, exc_info=error)
        await ctx.jobs.settle(claim, "again", wait=min(60.0, 0.5 * 2.0**failures))
