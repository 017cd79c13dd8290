"""What was proven and cannot be read has an end."""

from __future__ import annotations

from bot.context import Context
from bot.domain.keeping import Keep
from bot.storage import keys
from bot.storage.inbox import Delivery
from handlers import doctor
from workers import jobs
from workers.upkeep import sweep
from workers.worker import drain

jobs.load()
UNREADABLE = Keep().unreadable.total_seconds()
META = {"source": "feedback", "project": "1"}


async def accept(ctx: Context, body: bytes) -> Delivery:
    delivery = Delivery("hear_alert", META, body, 1_795_000_000.0)
    await ctx.inbox.accept(delivery)
    await drain(ctx, "work")
    return delivery


async def test_a_row_that_cannot_be_read_has_a_day_and_is_counted(ctx: Context) -> None:
    delivery = await accept(ctx, b'{"nothing": 1}')
    assert len(await ctx.jobs.parked("work")) == 1
    left = await ctx.redis.ttl(keys.inbox(delivery.row))
    assert UNREADABLE - 60 < left <= UNREADABLE
    # Its day is not over.
    await sweep.let_unread_go(ctx)
    assert len(await ctx.jobs.parked("work")) == 1
    found, mend = await doctor._unread(ctx)
    assert mend
    assert found == "1 wait"
    # Now it is.
    await ctx.redis.delete(keys.inbox(delivery.row))
    await sweep.let_unread_go(ctx)
    assert await ctx.jobs.parked("work") == []
    assert await ctx.inbox.unread() == {"hear_alert": 1}
    assert (await doctor._unread(ctx))[0] == "none; let go so far: 1 of hear_alert"
    # Counted once.
    await sweep.let_unread_go(ctx)
    assert await ctx.inbox.unread() == {"hear_alert": 1}


async def test_what_is_sent_again_is_stored_again(ctx: Context) -> None:
    body = b'{"nothing": 3}'
    delivery = await accept(ctx, body)
    await ctx.inbox.accept(delivery)
    assert await ctx.redis.ttl(keys.inbox(delivery.row)) == -1


async def test_what_took_effect_after_all_is_not_counted(ctx: Context) -> None:
    delivery = await accept(ctx, b'{"nothing": 2}')
    await ctx.inbox.finish(delivery.row)
    await sweep.let_unread_go(ctx)
    assert await ctx.jobs.parked("work") == []
    assert await ctx.inbox.unread() == {}


async def test_other_jobs_that_were_given_up_stay_to_be_read(ctx: Context) -> None:
    await ctx.redis.hset(
        keys.parked("work"), '["cluster_items", 1]', "2026-01-01T00:00:00+00:00 e-1 broke"
    )
    await sweep.let_unread_go(ctx)
    assert [one.member for one in await ctx.jobs.parked("work")] == ['["cluster_items", 1]']


async def test_what_can_be_read_waits_as_long_as_its_job_can_be_run_again(ctx: Context) -> None:
    delivery = Delivery("hear_alert", META, b"{}", 1_795_000_000.0)
    await ctx.inbox.accept(delivery)
    await ctx.inbox.give_up(delivery.row, readable=True)
    assert await ctx.redis.ttl(keys.inbox(delivery.row)) > Keep().parked.total_seconds() - 60
