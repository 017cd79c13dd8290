"""A door that falls silent: said once in channel and tracking issue, and once when it speaks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from test_quotas import messages

from bot.context import Context
from bot.storage import keys
from bot.storage.vault import Hook
from handlers.demo.stage import Stage
from workers import jobs, worker
from workers.digests import posting
from workers.upkeep import alarms

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


async def hear(ctx: Context, door: Hook, at: datetime) -> None:
    await ctx.vault.health.note(door.project, door.id, at, "read as I-1", b"{}")


async def look(ctx: Context, at: datetime, *, away: bool = False) -> None:
    """The clock's look, a minute after the one before unless it was ``away``."""
    ctx.clock = lambda: at
    if not away:
        await ctx.marks.put(alarms.LOOKED, at - timedelta(minutes=1))
    await alarms.ask_for_silent(ctx)
    await worker.drain(ctx, "work")


async def test_silence_is_said_once_and_its_end_once(stage: Stage) -> None:
    ctx, project = stage.context, await stage.project()
    jobs.load()
    await posting.send_digest(ctx, project.id, "one")
    issue = await ctx.digests.tracking_issue(project.id)

    async def said() -> list[list[str]]:
        here = await messages(stage)
        world = stage.github.world.repository(stage.repository)
        there = [comment.body for comment in world.issues[issue or 0].comments]
        words = ("is silent since", "speaks again")
        return [[word for one in told for word in words if word in one] for told in (here, there)]

    door = await ctx.vault.open_hook(project.id, "sentry")
    for hour in range(9 * 24):
        await hear(ctx, door, MONDAY + timedelta(hours=hour))
    await ctx.marks.put(alarms.LISTENING, MONDAY)
    ends = MONDAY + timedelta(days=9)
    await look(ctx, ends + timedelta(minutes=30))
    assert await said() == [[], []]
    [(_, due)] = await ctx.redis.zrange(keys.doors_due(), 0, -1, withscores=True)
    assert timedelta(0) < datetime.fromtimestamp(due, UTC) - ctx.now() <= timedelta(hours=1)
    # Nobody was there to hear anything.
    await look(ctx, ends + timedelta(hours=3), away=True)
    assert await said() == [[], []]
    for hours in (6, 7):
        await look(ctx, ends + timedelta(hours=hours))
        assert await said() == [["is silent since"]] * 2
    assert await ctx.vault.health.due(ctx.now()) == []
    await hear(ctx, door, ends + timedelta(hours=8))
    for minutes in (1, 200):
        await look(ctx, ends + timedelta(hours=8, minutes=minutes))
        assert await said() == [["is silent since", "speaks again"]] * 2
    # A pause is meant; a door that is closed is looked at no more.
    await ctx.vault.change(door, paused=True)
    await look(ctx, ends + timedelta(days=2))
    await ctx.vault.close_hook(door)
    await look(ctx, ends + timedelta(days=4))
    assert await said() == [["is silent since", "speaks again"]] * 2
    assert not await ctx.redis.exists(keys.doors_due())
