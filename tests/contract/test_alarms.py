"""The operator's ear: each thing is said once as it begins, and once when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.context import Context
from bot.domain.errors import Unavailable
from bot.domain.secrets import keep_secret
from bot.jobs import enqueue
from bot.simulators.github.actions.installs import suspend
from bot.simulators.github.manifest import key_pair
from bot.storage import keys
from handlers.demo.stage import ADMIN, Stage
from workers import jobs
from workers.upkeep.alarms import look_around, look_at_app


@dataclass
class Ear:
    """What was heard; ``deaf`` answers 500."""

    heard: list[str] = field(default_factory=list)
    deaf: bool = False

    async def hear(self, request: web.Request) -> web.Response:
        if self.deaf:
            return web.Response(status=500)
        told = await request.json()
        assert list(told) == ["text"]
        self.heard.append(told["text"])
        return web.Response(text="ok")


@pytest.fixture
async def ear(serve: Any) -> tuple[Ear, str]:
    ear, app = Ear(), web.Application()
    app.router.add_post("/services/secret", ear.hear)
    server = await serve(app)
    return ear, str(server.make_url("/services/secret"))


def listening(ctx: Context, url: str) -> None:
    ctx.settings = ctx.settings.model_copy(update={"soulcaster_alert_webhook": SecretStr(url)})


async def fail(ctx: Context, service: str) -> None:
    for _ in range(2):
        with pytest.raises(Unavailable):
            async with ctx.breakers.of(service)():
                raise Unavailable("away")


async def test_each_thing_is_told_once_and_once_when_over(
    ctx: Context, ear: tuple[Ear, str]
) -> None:
    its, url = ear
    listening(ctx, url)
    keep_secret("xoxb-very-secret")
    await look_around(ctx)
    assert len(its.heard) == 1  # the first heartbeat
    assert its.heard.pop().startswith(":heartbeat: Soulcaster runs: 0 repositories")
    await fail(ctx, "Slack")
    await look_around(ctx)
    assert its.heard == []  # a matter of a moment
    key = keys.breaker("Slack")
    since = float(await ctx.redis.hget(key, "since")) - 3600
    await ctx.redis.hset(key, "since", since)
    await ctx.redis.hset(keys.parked("work"), '["obey", 7]', "2026-11-29T10:00:00Z e-12AB <!here>")
    for _ in range(3):
        await look_around(ctx)
    said = sorted(its.heard)
    assert len(said) == 2
    assert "lane `work` were given up on 29 Nov" in said[0]
    assert "Slack has been failing since" in said[1]
    assert "here" not in "".join(said)
    # Nobody calls it: nobody knows better. One that goes well ends it.
    await ctx.redis.hset(key, "until", 0)
    await look_around(ctx)
    assert len(its.heard) == 2
    async with ctx.breakers.of("Slack")():
        pass
    await look_around(ctx)
    await look_around(ctx)
    assert its.heard[2:] == [f":ok: Over: {said[1].partition(': ')[2]}"]


async def test_what_could_not_be_told_is_told_later(ctx: Context, ear: tuple[Ear, str]) -> None:
    its, url = ear
    listening(ctx, url)
    its.deaf = True
    await enqueue(ctx, jobs.refresh_tracking_issue, 7)
    await ctx.redis.zadd(keys.todo("work", 7), {'["refresh_tracking_issue", 7]': 1.0})
    await look_around(ctx)
    assert await ctx.marks.told() == {}
    its.deaf = False
    await look_around(ctx)
    assert ["nobody takes them" in one for one in its.heard] == [True, False]
    assert list(await ctx.marks.told()) == ["late:work"]


async def test_the_heart_beats_once_a_day(ctx: Context, ear: tuple[Ear, str]) -> None:
    its, url = ear
    listening(ctx, url)
    start = ctx.now()
    for hours in (0, 1, 23, 25, 26, 48, 50):
        ctx.clock = lambda at=start + timedelta(hours=hours): at
        await look_around(ctx)
    assert [one.split()[0] for one in its.heard] == [":heartbeat:"] * 3


async def test_an_app_that_is_suspended_or_gone_is_told(stage: Stage, ear: tuple[Ear, str]) -> None:
    its, url = ear
    ctx, world = stage.context, stage.github.world
    listening(ctx, url)
    await look_at_app(ctx)
    assert its.heard == []
    [installation] = world.installations.values()
    suspend(installation, world.users[ADMIN], suspended=True)
    for _ in range(2):
        await look_at_app(ctx)
    who = installation.account.login
    assert its.heard == [f":rotating_light: {who} has suspended the app: it is deaf there."]
    suspend(installation, world.users[ADMIN], suspended=False)
    await look_at_app(ctx)
    assert its.heard[1:] == [f":ok: Over: {who} has suspended the app: it is deaf there."]
    # The key is another's: GitHub does not know us any more.
    world.app.public_key = key_pair()[1]
    await look_at_app(ctx)
    assert "does not know us" in its.heard[2]
    await ctx.projects.remove(await stage.project())
