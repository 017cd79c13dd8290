"""While Redis is away deliveries wait on disk: in order, and proven before they take effect."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.context import Context, open_context
from bot.domain.errors import Unavailable
from bot.domain.models import Project
from bot.settings import Settings
from bot.storage.embedded import EmbeddedRedis
from bot.storage.inbox import Delivery
from handlers import alerts, storing
from handlers.begin import tell_setup_address
from handlers.doors.doors import Unproven
from handlers.web import build_app, serving
from workers import jobs
from workers.upkeep import sweep


async def until(so, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not await so():  # noqa: ASYNC110 - another task is waited for
            await asyncio.sleep(0.02)


@asynccontextmanager
async def web(settings: Settings) -> AsyncIterator[tuple[Context, str]]:
    async with open_context(settings) as ctx, serving(build_app(ctx), "127.0.0.1", 0) as url:
        yield ctx, url


async def post(url: str, body: object, headers: Mapping[str, str]) -> int:
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=json.dumps(body).encode(), headers=headers) as answer,
    ):
        return answer.status


async def spooled(ctx: Context) -> int:
    return len(await ctx.spool.first(1_000))


@asynccontextmanager
async def redis(folder: Path) -> AsyncIterator[str]:
    """A server for as long as the block lasts; its address."""
    server = EmbeddedRedis(folder)
    await asyncio.to_thread(server.start)
    try:
        yield server.url
    finally:
        await asyncio.to_thread(server.stop)


async def test_what_was_spooled_comes_first_and_only_what_is_proven(tmp_path: Path) -> None:
    async with redis(tmp_path) as address:
        settings = Settings(redis_url=address, soulcaster_data_dir=tmp_path)
        async with open_context(settings) as before:
            door = await before.vault.open_hook(1, "datadog")
            signed = await before.vault.open_hook(1, "sentry")
            await before.projects.put(Project(id=1, installation=1, full_name="acme/shop"))
            removed = await before.vault.open_hook(2, "datadog", secret=door.secret)
    right = {"Authorization": f"Bearer {door.secret}"}
    wrong = {"Authorization": "Bearer wrong"}
    async with web(settings) as (ctx, url):
        hooks = f"{url}/hooks/datadog"
        # This process has never opened the door.
        for number in range(3):
            assert await post(f"{hooks}/{door.id}", {"title": f"{number}"}, right) == 202
        assert await post(f"{hooks}/{door.id}", {"title": "0"}, wrong) == 202
        assert await post(f"{hooks}/{'x' * 22}", {"title": "0"}, right) == 202
        assert await post(f"{hooks}/{removed.id}", {"title": "0"}, right) == 202
        forged = {"sentry-hook-signature": "0" * 64}
        assert await post(f"{url}/hooks/sentry/{signed.id}", {"title": "0"}, forged) == 202
        assert await post(f"{hooks}/short", {"title": "0"}, right) == 401
        assert await post(f"{hooks}/{door.id}", {"title": "0"}, {}) == 401
        assert await spooled(ctx) == 7

        async def drained() -> bool:
            return not ctx.outage.on and await spooled(ctx) == 0

        async with redis(tmp_path):
            await until(drained)
            assert await post(f"{hooks}/{door.id}", {"title": "3"}, right) == 202
            assert await post(f"{hooks}/{door.id}", {"title": "0"}, wrong) == 401
            await until(drained)
            rows = [
                await ctx.inbox.read(json.loads(job)[1])
                for job in await ctx.redis.zrange("sc:todo:work:1", 0, -1)
            ]
            assert [json.loads(row.body)["title"] for row in rows if row] == [*"0123"]
            assert {row.kind for row in rows if row} == {"hear_alert"}
            assert all("authorization" not in row.meta for row in rows if row)
            assert await ctx.inbox.unread() == {"not proven": 4}


async def test_what_redis_does_not_take_stays_on_disk(ctx: Context) -> None:
    await ctx.spool.put([Delivery("hear_github", {}, b"{}", 1.0)])
    # It waits for a replica that there is not, and refuses whatever is to be written.
    await ctx.redis.config_set("min-replicas-to-write", 1)
    bringing = asyncio.create_task(storing.Storing(ctx).run())

    async def away() -> bool:
        return ctx.outage.on

    async def brought() -> bool:
        return await spooled(ctx) == 0

    try:
        await until(away)
        assert await spooled(ctx) == 1
        await ctx.redis.config_set("min-replicas-to-write", 0)
        await until(brought)
        assert await ctx.jobs.pending("work") == 1
    finally:
        await ctx.redis.config_set("min-replicas-to-write", 0)
        bringing.cancel()
        await asyncio.gather(bringing, return_exceptions=True)


def test_an_address_is_kept_little_of() -> None:
    kept = Unproven(rows=2, most=100)
    kept.take("a", 10)
    kept.take("a", 10)
    with pytest.raises(Unavailable):
        kept.take("a", 10)
    kept.take("b", 80)
    with pytest.raises(Unavailable):
        kept.take("c", 1)
    kept.clear()
    kept.take("a", 10)


def test_both_waits_together_are_shorter_than_the_strictest_sender_waits() -> None:
    assert alerts.PATIENCE + storing.PATIENCE < 1


async def test_what_a_killed_web_left_on_disk_is_brought_by_a_worker_there(ctx: Context) -> None:
    made = [
        Delivery(kind, {"source": "datadog", "project": "1"}, b"{}", at, tenant=1)
        for at, kind in enumerate((jobs.hear_alert.name, alerts.UNPROVEN, jobs.hear_github.name))
    ]
    await ctx.spool.put(made)
    await ctx.inbox.accept(made[0])  # killed between the one and the other
    for _ in range(2):
        await sweep.bring_spooled(ctx)
        assert [delivery.kind for _, delivery in await ctx.spool.first(9)] == [alerts.UNPROVEN]
    assert await ctx.jobs.pending("work") == 2
    read = await ctx.inbox.read(made[2].row)
    assert read is not None
    assert read.body == made[2].body


async def test_what_is_unproven_holds_up_nothing_that_a_killed_web_left(ctx: Context) -> None:
    kinds = [alerts.UNPROVEN] * 30 + [jobs.hear_alert.name] * 50
    told = {"source": "datadog", "project": "1"}
    made = [Delivery(k, told, b"[%d]" % at, at, tenant=1) for at, k in enumerate(kinds)]
    await ctx.spool.put(made)
    await sweep.bring_spooled(ctx)
    assert await ctx.jobs.pending("work") == 50
    assert len(await ctx.spool.first(99)) == 30


async def test_a_web_that_began_before_redis_lives_and_says_where_it_is_set_up(
    tmp_path: Path,
) -> None:
    async with redis(tmp_path) as address:
        settings = Settings(redis_url=address, soulcaster_data_dir=tmp_path)
    async with open_context(settings) as ctx:
        with capture_logs() as said:
            telling = asyncio.create_task(tell_setup_address(ctx))
            await until(lambda: asyncio.sleep(0, ctx.outage.on or telling.done()), 90)
            async with redis(tmp_path):
                await asyncio.wait_for(telling, 90)
    [told] = [line["event"] for line in said if "set it up here" in line["event"]]
    assert "/setup?code=" in told
