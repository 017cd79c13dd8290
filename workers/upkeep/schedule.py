"""The clock: one process at a time asks for what is due."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

from redis.exceptions import RedisError

from bot.context import Context
from bot.domain.cards.schedule import DEFAULT, read_schedule
from bot.domain.fixes.trials import AgentState
from bot.jobs import NOBODY, QUEUES, Job, enqueue
from bot.log import log
from bot.storage.commands import TOLD_AFTER
from bot.storage.leases import LeaseLost
from bot.storage.own_agents import due_at
from workers import jobs
from workers.intake.polls import ask_for_due
from workers.upkeep.alarms import ask_for_silent, look_around

Chore = Callable[[Context], Awaitable[None]]


async def wake_for_overdue(ctx: Context) -> None:
    """Whatever is due and held by nobody: nobody was woken, or its worker died."""
    late = await ctx.jobs.late()
    for queue, lanes in QUEUES.items():
        if any(late[lane][0] for lane in lanes):
            ctx.jobs.wake(queue)


async def send_due_digests(ctx: Context) -> None:
    """Ask for the digest of each project whose time has come since its last one."""
    for project in await ctx.projects.all():
        said = (await ctx.configs.known(project)).digest.schedule
        words = await ctx.digests.schedule(project.id) or said or DEFAULT
        if words == "off":
            continue
        last = await ctx.digests.last(project.id)
        if last == 0:
            # Never before: the first one comes at the next time, not at once.
            await ctx.digests.sent(project.id, ctx.now().timestamp())
            continue
        due = read_schedule(words).after(datetime.fromtimestamp(last, UTC))[0]
        if due <= ctx.now():
            # Named by its time: however often it is asked for, it is posted once.
            await enqueue(ctx, jobs.send_scheduled, project.id, due.isoformat())


async def wake_due_agents(ctx: Context) -> None:
    """Ask for the run of each agent whose time has come since it was enabled or last started:
    once, however many times passed while we were away."""
    for project, name in await ctx.own_agents.due(ctx.now()):
        state = await ctx.own_agents.get(project, name)
        if state is None or await ctx.projects.known(project) is None:
            await ctx.own_agents.rest(project, name)
            continue
        if (due := due_at(state)) and due <= ctx.now():
            ids = project, "schedule", 0, f"{name} {due.isoformat()}"
            await enqueue(ctx, jobs.wake_agents, *ids)
        done = {"started_at": ctx.now()}
        await ctx.own_agents.decide(project, name, partial(AgentState.model_copy, update=done))


async def ask_for_held(ctx: Context) -> None:
    """Whatever is held back and need not be: it was paused into the quiet hours, or two reasons
    ended in another order than they began in."""
    for project in await ctx.projects.all():
        if await ctx.stories.held(project.id):
            await enqueue(ctx, jobs.say_held, project.id)


async def ask_for_unended(ctx: Context) -> None:
    """Commands that have not ended for long."""
    for project in await ctx.projects.all():
        if await ctx.commands.overdue(project.id, (ctx.now() - TOLD_AFTER).timestamp()):
            await enqueue(ctx, jobs.reap_commands, project.id)


def _asks(job: Job, *ids: int, each: bool = False, github: bool = False) -> Chore:
    """Ask for a job: once or for ``each`` project, some only where ``github`` is connected."""

    async def ask(ctx: Context) -> None:
        if github and not ctx.settings.github_app_id:
            return
        for of in [(project.id,) for project in await ctx.projects.all()] if each else [ids]:
            await enqueue(ctx, job, *of)

    ask.__name__ = job.name
    return ask


# Items without a vector of the embedder in use: it was changed while we were away.
embed_again = _asks(jobs.reembed_items, each=True)

# (seconds between two times, chore)
CHORES: tuple[tuple[float, Chore], ...] = (
    (2, wake_for_overdue),
    (20, ask_for_unended),
    (30, send_due_digests),
    (30, wake_due_agents),
    (30, ask_for_due),
    (60, ask_for_held),
    (60, ask_for_silent),
    (60, look_around),
    (600, _asks(jobs.look_at_app, github=True)),
    (60, embed_again),
    (120, _asks(jobs.ask_again, github=True)),
    (3600, _asks(jobs.sync_all, github=True)),
    (24 * 3600, _asks(jobs.read_issues, each=True, github=True)),
    (3600, _asks(jobs.let_unread_go)),
    (24 * 3600, _asks(jobs.forget_old, each=True)),
    (24 * 3600, _asks(jobs.forget_old, NOBODY)),
    (3600, _asks(jobs.erase_removed)),
)


async def run_clock(ctx: Context) -> None:
    """Do each chore in its time for ever; wait while another clock holds the lease."""
    due = [0.0] * len(CHORES)
    while True:
        await ctx.outage.wait()
        try:
            async with ctx.leases.hold("clock") as token:
                if token:
                    log.info("the clock runs")
                    await _keep_time(ctx, due)
        except LeaseLost:
            log.warning("the clock lost its lease: another one may run")
        except RedisError as error:
            ctx.outage.began(error)
        await asyncio.sleep(1)


async def _keep_time(ctx: Context, due: list[float]) -> None:
    while True:
        for index, (every, chore) in enumerate(CHORES):
            if time.monotonic() >= due[index]:
                due[index] = time.monotonic() + every
                try:
                    await chore(ctx)
                except RedisError:
                    raise
                except Exception as error:
                    # One that fails keeps none of the others from its time.
                    log.error("a chore failed", chore=chore.__name__, exc_info=error)
        await asyncio.sleep(0.5)
