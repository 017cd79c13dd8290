"""Digests that are due, on a clock that tests move."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.context import Context, open_context
from bot.domain.models import Person, Project
from bot.settings import Settings
from handlers.demo.stage import ADMIN, Stage
from workers import worker
from workers.upkeep import schedule

SHELL = Person(operator=True)


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        # A Monday, and no digest is due.
        self.now = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def ctx(stage: Stage, clock: Clock) -> AsyncIterator[Context]:
    async with open_context(Settings.load(stage.environment), clock=clock) as made:
        yield made


@pytest.fixture
async def project(stage: Stage) -> Project:
    return await stage.project()


async def posted(stage: Stage) -> int:
    state = await stage.slack_state()
    return sum("Triage digest" in str(m) for c in state["channels"] for m in c["messages"])


async def tick(ctx: Context, clock: Clock, **later: float) -> None:
    clock.now += timedelta(**later)
    await schedule.send_due_digests(ctx)
    await worker.drain(ctx, "work")


async def test_the_projects_file_says_when_the_digest_comes(
    stage: Stage, ctx: Context, project: Project, clock: Clock
) -> None:
    files = {".github/soulcaster.yml": "digest: {schedule: mon 05:00 UTC}\n"}
    await stage.person("/push", login=ADMIN, files=files)
    await tick(ctx, clock)
    await ctx.configs.in_force(project)
    await tick(ctx, clock, hours=2)
    assert await posted(stage) == 1
    await ctx.digests.set_schedule(project.id, "off", SHELL)  # said in a chat, it stands above
    await tick(ctx, clock, days=7)
    assert await posted(stage) == 1
    # What an older version took unread hides nothing else that the file says.
    kept = '{"cluster": "eager", "digest": {"schedule": "everyday"}}'
    await ctx.projects.keep_config(project.id, kept)
    config = await ctx.configs.known(project)
    assert (config.cluster, config.digest.schedule) == ("eager", "")


async def test_a_digest_comes_at_its_time_and_once(
    stage: Stage, ctx: Context, project: Project, clock: Clock
) -> None:
    await ctx.digests.set_schedule(project.id, "mon-fri 09:00 Europe/Paris", SHELL)
    await tick(ctx, clock)
    await tick(ctx, clock, hours=4, minutes=59)
    assert await posted(stage) == 0
    for _ in range(3):
        await tick(ctx, clock, seconds=30)
    assert await posted(stage) == 1
    await tick(ctx, clock, hours=20)
    assert await posted(stage) == 1
    await tick(ctx, clock, hours=4)
    assert await posted(stage) == 2
    # Away over the weekend and longer: one digest, not one a day.
    await tick(ctx, clock, days=7)
    await tick(ctx, clock, seconds=30)
    assert await posted(stage) == 3


async def test_a_digest_that_died_after_slack_is_not_posted_again(
    stage: Stage, ctx: Context, project: Project, clock: Clock
) -> None:
    await ctx.digests.set_schedule(project.id, "mon-fri 09:00 Europe/Paris", SHELL)
    await tick(ctx, clock)
    last = await ctx.digests.last(project.id)
    await tick(ctx, clock, hours=6)
    # The process died before it wrote down that it went out.
    await ctx.digests.sent(project.id, last)
    await tick(ctx, clock, minutes=2)
    assert await posted(stage) == 1


async def test_a_schedule_acts_for_who_set_it_up_as_long_as_they_may(
    stage: Stage, ctx: Context, project: Project, clock: Clock
) -> None:
    tom = stage.github.world.user("tom-beckett")
    stage.github.set_role(stage.repository, "tom-beckett", "maintain")
    by = Person(login="tom-beckett", user_id=tom.id)
    await ctx.digests.set_schedule(project.id, "mon-fri 09:00 Europe/Paris", by)
    await tick(ctx, clock)
    # Renamed, and the login is somebody else's by now: the right stays with the account.
    stage.github.rename_user("tom-beckett", "tom-the-second")
    stage.github.add_user("tom-beckett")
    await tick(ctx, clock, hours=6)
    assert await posted(stage) == 1
    stage.github.set_role(stage.repository, "tom-the-second", "write")
    stage.github.set_role(stage.repository, "tom-beckett", "admin")
    for _ in range(3):
        await tick(ctx, clock, days=1)
    assert await posted(stage) == 1
    assert await ctx.digests.schedule(project.id) == "off"
    said = [str(m) for c in (await stage.slack_state())["channels"] for m in c["messages"]]
    assert sum("The digest is no longer posted" in one for one in said) == 1


async def test_off_is_off(stage: Stage, ctx: Context, project: Project, clock: Clock) -> None:
    await tick(ctx, clock)
    await ctx.digests.set_schedule(project.id, "off", SHELL)
    await tick(ctx, clock, days=3)
    assert await posted(stage) == 0
