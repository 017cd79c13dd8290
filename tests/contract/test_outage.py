"""Redis is away: one line when it begins, one when it ends."""

from __future__ import annotations

from redis.exceptions import ConnectionError
from structlog.testing import capture_logs

from bot.context import Context

BEGAN, ENDED = "Redis is away: waiting", "Redis is back"


async def test_what_fails_just_after_it_is_back_is_no_second_outage(ctx: Context) -> None:
    with capture_logs() as said:
        ctx.outage.began(ConnectionError("away"))
        ctx.outage.began(ConnectionError("away, still"))
        assert await ctx.outage.over()
        ctx.outage.began(ConnectionError("was under way"))
        assert ctx.outage.on
        assert await ctx.outage.over()
    assert [one["event"] for one in said] == [BEGAN, ENDED]


async def test_an_outage_that_begins_just_after_another_is_said_once_it_lasts(
    ctx: Context,
) -> None:
    ctx.outage.began(ConnectionError("away"))
    assert await ctx.outage.over()
    with capture_logs() as said:
        ctx.outage.began(ConnectionError("away again"))
        ctx.outage.began(ConnectionError("and it stays away"))
        assert await ctx.outage.over()
    assert [one["event"] for one in said] == [BEGAN, ENDED]
