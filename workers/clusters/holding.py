"""What is held back: new posts while they are paused, and in the hours that are to be quiet."""

from datetime import UTC, datetime

from bot.context import Context
from bot.domain.cards.schedule import read_quiet
from bot.domain.models import Project, Severity
from bot.jobs import enqueue
from workers import jobs

NEVER = datetime.max.replace(tzinfo=UTC)


async def held_until(ctx: Context, project: Project, severity: Severity = "S4") -> datetime | None:
    """When something of this severity may be posted unasked: None for now, ``NEVER`` for when
    somebody says so. Quiet is no reason to keep an S1."""
    now = ctx.now()
    pause = (await ctx.stories.pauses(project.id)).get("posts")
    if pause is not None and pause.holds(now):
        return pause.until or NEVER
    quiet = (await ctx.configs.known(project)).slack.quiet
    return read_quiet(quiet).until(now) if quiet and severity != "S1" else None


async def held_back(
    ctx: Context, project: Project, where: str, what: int | str, severity: Severity = "S4"
) -> bool:
    """Whether it is said later; then it is written down and nothing of it is lost. ``where`` and
    ``what`` are a channel and a cluster, or a job and its id."""
    until = await held_until(ctx, project, severity)
    if until is None:
        return False
    await ctx.stories.hold(project.id, where, what, ctx.now())
    if until is not NEVER:
        left = (until - ctx.now()).total_seconds()
        await enqueue(ctx, jobs.say_held, project.id, delay=left + 1)
    return True
