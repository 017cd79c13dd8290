"""What a service lets us send, as all processes share it in Redis."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web

from bot.context import Context
from bot.domain.errors import OverBudget, Unavailable
from bot.render import SlackMessage
from bot.slack.client import Slack
from bot.slack.workspaces import make_client
from bot.storage import keys
from bot.storage.budget import Budget, Limit, Priority, at
from workers.fixes.run import pace_of


def a_budget(ctx: Context, *, most: int = 10, points: int = 900, under_way: int = 0) -> Budget:
    return Budget(
        ctx.scripts,
        "GitHub",
        "7",
        content=(Limit(60, most), Limit(3600, 5 * most)),
        points=(Limit(60, points),),
        under_way=under_way,
    )


async def later(ctx: Context, seconds: float) -> None:
    """Let what was sent be so much longer ago, by the clock of Redis."""
    for part in keys.BUDGET[1:]:
        key = keys.budget("github:7", part)
        for member in await ctx.redis.zrange(key, 0, -1):
            await ctx.redis.zincrby(key, -seconds, member)


async def write(budget: Budget, priority: Priority = Priority.ANSWER) -> float:
    """Seconds that it has to wait for; 0 when it was sent."""
    with at(priority):
        try:
            async with budget.spend(content=True):
                return 0.0
        except OverBudget as error:
            return error.retry_after or 0.0


async def written(budget: Budget, priority: Priority = Priority.ANSWER) -> int:
    """How many are sent before one has to wait."""
    count = 0
    while not await write(budget, priority):
        count += 1
    return count


async def test_two_processes_spend_one_budget(ctx: Context, other: Context) -> None:
    one, two = a_budget(ctx), a_budget(other)
    for budget in (one, two, two):
        assert not await write(budget)
    assert await written(one) == 7
    assert 59 < await write(two) <= 60


async def test_who_is_less_urgent_leaves_a_reserve(ctx: Context) -> None:
    budget = a_budget(ctx)
    assert [await written(budget, priority) for priority in reversed(Priority)] == [
        4,
        2,
        1,
        1,
        1,
        1,
    ]


async def test_it_is_filled_again_by_the_clock_of_redis(ctx: Context) -> None:
    budget = a_budget(ctx)
    assert await written(budget) == 10
    assert await budget.left() == 0
    await later(ctx, 40)
    assert 18 < await write(budget) <= 20
    await later(ctx, 20)
    assert await written(budget) == 10
    for _ in range(3):
        await later(ctx, 60)
        assert await written(budget) == 10
    await later(ctx, 60)
    assert await write(budget) > 3000, "the limit of the hour"


async def test_nobody_passes_an_answer_that_waits(ctx: Context) -> None:
    budget = a_budget(ctx)
    assert await written(budget) == 10
    await later(ctx, 60)
    assert 60 < await write(budget, Priority.END) <= 70
    async with budget.spend(content=False):
        """Reading is no content."""
    assert await budget.left() == 0
    assert not await write(budget)


async def test_who_was_told_to_wait_tells_everybody(ctx: Context, other: Context) -> None:
    budget = a_budget(ctx)
    for seconds in (100.0, 1.0):
        assert await budget.told("r", seconds) == seconds
    with pytest.raises(OverBudget) as caught:
        async with a_budget(other).spend(content=False):
            raise AssertionError("it must not be sent")
    assert 99 < (caught.value.retry_after or 0) <= 100
    assert await a_budget(other).left() == 0


async def test_a_wait_without_a_name_doubles(ctx: Context) -> None:
    budget = a_budget(ctx)
    waits = [await budget.told("r", None) for _ in range(8)]
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]


async def test_a_limit_lower_than_ours_is_learnt(ctx: Context) -> None:
    budget = a_budget(ctx, most=80)
    for _ in range(12):
        await write(budget)
    async with budget.spend(content=True) as request:
        await budget.told(request, 0, too_many=True)
    assert 59 < await write(budget) <= 60
    await later(ctx, 60)
    assert await written(budget) == 12


async def test_so_many_are_under_way_and_what_never_ended_counts_longer(ctx: Context) -> None:
    budget = a_budget(ctx, under_way=2)
    async with AsyncExitStack() as sending:
        for _ in range(2):
            await sending.enter_async_context(budget.spend(content=True))
        assert await write(budget) == pytest.approx(0.1)
        await later(ctx, 15)
        assert await write(budget) == pytest.approx(0.1), "who died may have sent it"
        await later(ctx, 15)
        assert not await write(budget)


async def test_reading_costs_a_point_and_writing_five(ctx: Context) -> None:
    budget = a_budget(ctx, points=12)
    for points in (5, 1, 5, 1):
        with at(Priority.ANSWER):
            async with budget.spend(content=points == 5, points=points):
                pass
    with pytest.raises(OverBudget):
        async with budget.spend(content=False):
            raise AssertionError("it must not be sent")
    assert await budget.left() == 0


def test_progress_slows_and_stops_below_two_fifths() -> None:
    lefts = (1.0, 0.9, 0.89, 0.75, 0.74, 0.6, 0.59, 0.4, 0.39, 0.0)
    paces = [2, 2, 10, 10, 60, 60, float("inf"), float("inf"), None, None]
    assert [pace_of(left) for left in lefts] == paces


async def test_who_slack_tells_to_wait_tells_everybody_of_the_channel(
    ctx: Context, other: Context, serve: Any
) -> None:
    async def too_fast(_request: web.Request) -> web.Response:
        asked.append(1)
        error = {"ok": False, "error": "ratelimited"}
        return web.json_response(error, status=429, headers={"Retry-After": "30"})

    asked: list[int] = []
    app = web.Application()
    app.router.add_post("/api/chat.postMessage", too_fast)
    url = str((await serve(app)).make_url("/api/"))
    one, two = (
        Slack(make_client("xoxb-1", url, made.http), made.http, made.scripts, made.marks)
        for made in (ctx, other)
    )
    message = SlackMessage(text="words", blocks=[], metadata={})
    with pytest.raises(Unavailable) as caught:
        await one.post("C1", message)
    assert caught.value.retry_after == 30
    for slack in (one, two):
        with pytest.raises(OverBudget):
            await slack.post("C1", message)
    assert len(asked) == 1, "nobody asks meanwhile"
    with pytest.raises(Unavailable):
        await two.post("C2", message)
    assert len(asked) == 2, "another channel is free"


async def test_of_what_the_service_says_is_left_the_less_urgent_leaves_a_share(
    ctx: Context,
) -> None:
    budget = a_budget(ctx, most=100)
    await budget.heard(0.22, 60)
    assert [bool(await write(budget, one)) for one in Priority] == [False] * 4 + [False, True]
    await budget.heard(0.04, 60)
    assert [bool(await write(budget, one)) for one in Priority] == [False] + [True] * 5
