"""Events that GitHub could not hand over come in later, oldest first, however many they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from bot.simulators.github import Limits
from handlers.demo.stage import ADMIN, Stage, open_stage
from workers.intake import deliveries, sync
from workers.intake.issues import read_issues

Serve = Callable[..., Awaitable[TestServer]]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """GitHub tells of issues, and nobody listens where it does."""
    async with open_stage(tmp_path, processes=False, limits=Limits.none()) as made:
        made.github.install("acme", repositories=[made.repository], sender=ADMIN)
        await made.github.webhooks.settle()
        yield made


class Door:
    """Where GitHub's webhooks go: what arrived, and the issue that is refused."""

    def __init__(self) -> None:
        self.arrived: list[int] = []
        self.refused = 0

    async def hear(self, request: web.Request) -> web.Response:
        payload = await request.json()
        number = payload.get("issue", {}).get("number", 0)
        if number and number == self.refused:
            return web.Response(status=500)
        self.arrived.append(number)
        return web.Response(status=202)


@pytest.fixture
def open_door(stage: Stage, serve: Serve) -> Callable[[], Awaitable[Door]]:
    """Begin to listen."""

    async def listen() -> Door:
        door, app = Door(), web.Application()
        app.router.add_post("/github/webhook", door.hear)
        await serve(app, port=URL(stage.web_url).port)
        return door

    return listen


async def issue(stage: Stage) -> int:
    made: Any = await stage.person("/issues", login=ADMIN, title="Nobody hears of this")
    return int(made["number"])


async def look(stage: Stage) -> None:
    await deliveries.ask_again(stage.context)
    await stage.github.webhooks.settle()


def a_while_passes(stage: Stage) -> None:
    """The times in GitHub's list are whole seconds; all that was sent was sent earlier now."""
    for delivery in stage.github.webhooks.sent():
        assert delivery.delivered_at is not None
        delivery.delivered_at -= timedelta(seconds=5)


async def mark(stage: Stage) -> datetime:
    found = await stage.context.marks.get(deliveries.MARK)
    assert found is not None
    return found


async def test_all_come_back_oldest_first_and_none_twice(
    stage: Stage, open_door: Callable[[], Awaitable[Door]]
) -> None:
    numbers = [await issue(stage) for _ in range(130)]
    await stage.github.webhooks.settle()
    door = await open_door()
    for _ in range(2):
        await look(stage)
    mine = [number for number in door.arrived if number]
    assert mine == numbers
    await look(stage)
    assert len(door.arrived) == len(stage.github.webhooks.sent()) - len(numbers) - 1


async def test_a_closed_door_is_tried_by_a_few_for_as_long_as_it_takes(
    stage: Stage, open_door: Callable[[], Awaitable[Door]]
) -> None:
    numbers = [await issue(stage) for _ in range(2 * deliveries.PROBES)]
    await stage.github.webhooks.settle()
    for _ in range(2 * deliveries.MOST_ATTEMPTS):
        before = len(stage.github.webhooks.sent())
        await look(stage)
        assert len(stage.github.webhooks.sent()) - before == deliveries.PROBES
    door = await open_door()
    for _ in range(2):
        await look(stage)
    assert sorted(number for number in door.arrived if number) == numbers


async def test_an_event_that_fails_while_others_arrive_is_let_go(
    stage: Stage, open_door: Callable[[], Awaitable[Door]]
) -> None:
    door = await open_door()
    door.refused = await issue(stage)
    await stage.github.webhooks.settle()
    for _ in range(2 * deliveries.MOST_ATTEMPTS):
        a_while_passes(stage)
        await issue(stage)
        await stage.github.webhooks.settle()
        await look(stage)
    told = [d.payload["issue"]["number"] for d in stage.github.webhooks.sent() if d.repository]
    assert told.count(door.refused) == deliveries.MOST_ATTEMPTS


async def test_the_mark_waits_for_the_oldest_event_that_is_to_come(
    stage: Stage, open_door: Callable[[], Awaitable[Door]]
) -> None:
    first = await issue(stage)
    await stage.github.webhooks.settle()
    await issue(stage)
    await stage.github.webhooks.settle()
    for _ in range(2):
        await look(stage)
        told = [d for d in stage.github.webhooks.sent() if not d.redelivery][-1]
        assert told.delivered_at is not None
        assert await mark(stage) == told.delivered_at.replace(microsecond=0)
    door = await open_door()
    await look(stage)
    assert first in door.arrived
    before = stage.context.now()
    await look(stage)
    assert await mark(stage) >= before


async def test_no_further_back_is_read_than_the_mark_and_what_was_under_way(
    stage: Stage, open_door: Callable[[], Awaitable[Door]]
) -> None:
    await issue(stage)
    await stage.github.webhooks.settle()
    door = await open_door()
    passed = stage.context.now() + deliveries.OVERLAP + timedelta(seconds=2)
    await stage.context.marks.put(deliveries.MARK, passed)
    await look(stage)
    assert door.arrived == []
    await stage.context.marks.put(deliveries.MARK, passed - timedelta(minutes=1))
    await look(stage)
    assert door.arrived


async def test_an_issue_that_no_delivery_told_of_is_read_from_the_mark_on(
    stage: Stage,
) -> None:
    [installation] = stage.github.world.installations
    await sync.sync_installation(stage.context, installation)
    project = await stage.project()
    await read_issues(stage.context, project.id)
    number = await issue(stage)
    await read_issues(stage.context, project.id)
    found = await stage.context.items.by_key(project.id, "github", f"issue:{number}")
    assert found
    item = await stage.context.items.get(project.id, found)
    assert item.title == "Nobody hears of this"
    assert not item.history
    # Nothing is asked for from before what was read already.
    first = stage.context.now()
    await stage.context.imports.put(project.id, issues=first + deliveries.OVERLAP)
    late = await issue(stage)
    await read_issues(stage.context, project.id)
    assert not await stage.context.items.by_key(project.id, "github", f"issue:{late}")


async def test_after_an_outage_the_issues_are_read(
    stage: Stage, open_door: Callable[[], Awaitable[Door]]
) -> None:
    [installation] = stage.github.world.installations
    await sync.sync_installation(stage.context, installation)
    ctx = stage.context
    begun = await ctx.jobs.claim("history")
    assert begun
    await ctx.jobs.settle(begun, "done")
    await open_door()
    for _ in range(2):
        await look(stage)
    assert await ctx.jobs.pending("history") == 0
    now = stage.context.now()
    await stage.context.marks.put(deliveries.MARK, now - 2 * deliveries.OVERLAP)
    await look(stage)
    assert await ctx.jobs.pending("history") == 1
