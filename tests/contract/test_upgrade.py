"""What earlier programs stored is read by this one, however often the change to it is cut short.

Each file of ``payloads/earlier`` is what the four processes of that commit left in Redis: issues,
alerts, a correction, a digest, and two fixes in the middle (vectors and large files left out).
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.context import Context
from bot.domain.errors import ConfigError, Unavailable
from bot.domain.models import Person, Project
from bot.jobs import ROSTER
from bot.storage import format, keys, overview
from workers import jobs
from workers.commands.answering import answer_at_once

EARLIER = sorted((Path(__file__).parents[1] / "payloads" / "earlier").glob("*.json"))


async def load(redis: Redis, stored: dict[str, Any]) -> None:
    for key, (kind, value) in stored.items():
        match kind:
            case "string":
                await redis.set(key, value)
            case "hash":
                await redis.hset(key, mapping=value)
            case "list":
                await redis.rpush(key, *value)
            case "set":
                await redis.sadd(key, *value)
            case "zset":
                await redis.zadd(key, dict(value))
            case _:
                for _id, fields in value:
                    await redis.xadd(key, fields)


async def cut_short(ctx: Context, project: int) -> int:
    """Count it anew, ended ever later in the middle, until it comes to its end; how often it was
    cut."""
    for cuts in itertools.count():
        counting = asyncio.create_task(ctx.overview.make_whole(project))
        for _ in range(2**cuts):
            await asyncio.sleep(0)
        counting.cancel()
        [cut] = await asyncio.gather(counting, return_exceptions=True)
        if not cut:
            return cuts
        assert isinstance(cut, (asyncio.CancelledError, Unavailable)), cut
        await ctx.redis.delete(keys.lease(f"overview:{project}"))  # as if its time were over
    raise AssertionError


@pytest.fixture(params=EARLIER, ids=lambda path: path.stem)
async def stored(request: pytest.FixtureRequest, ctx: Context) -> dict[str, Any]:
    jobs.load()
    found: dict[str, Any] = json.loads(request.param.read_text())
    await load(ctx.redis, found)
    return found


async def is_read(ctx: Context, stored: dict[str, Any]) -> None:
    [project] = await ctx.projects.all()
    of = f"sc:{project.id}"
    assert await cut_short(ctx, project.id) > 0
    assert await ctx.redis.get(keys.overview(project.id)) == overview.VERSION.encode()

    placed = {int(item): int(cluster) for item, cluster in stored[f"{of}:membership"][1].items()}
    assert await ctx.items.membership(project.id) == placed
    items = await ctx.items.many(project.id, sorted(placed))
    assert {item.number: item.cluster for item in items} == placed
    sizes = Counter(placed.values())
    shown, count = await ctx.overview.page(project.id, "all", most=100)
    assert (sorted(shown), count) == (sorted(sizes), len(sizes))
    for cluster, tally in zip(sizes, await ctx.overview.tallies(project.id, sizes), strict=True):
        told = [stored[f"{of}:occ:{item}"][1] for item in placed if placed[item] == cluster]
        assert tally.total == sum(
            int(n) for one in told for hour, n in one.items() if hour.isdigit()
        )
    assert len(await ctx.operations.log(project.id)) == len(stored[f"{of}:operations"][1])
    for number in stored[f"{of}:runs"][1]:
        assert (await ctx.runs.get(project.id, int(number))).state
    for name in stored[f"{of}:commands"][1]:
        assert await ctx.commands.get(project.id, name)

    for place, card in (name.split("|", 1) for name in stored[f"{of}:cards"][1]):
        standing = await ctx.cards.get(project.id, place, card)
        assert standing
        assert standing.id
    for channel in stored.get("sc:channels", ("", {}))[1]:
        assert set(await ctx.channels.bound(channel)) == {project.id}
        assert await ctx.channels.of(project.id) == [channel]
    for thread in stored.get("sc:threads", ("", {}))[1]:
        spoken = await ctx.channels.about(*thread.split(":"))
        assert spoken
        assert spoken.project == project.id

    asked = [job for key in stored if key.startswith("sc:todo:") for job, _ in stored[key][1]]
    assert {json.loads(job)[0] for job in asked} <= set(ROSTER)
    await answers(ctx, project, stored[f"{of}:clusters"][1])


async def test_what_an_earlier_commit_stored_is_read(ctx: Context, stored: dict[str, Any]) -> None:
    await is_read(ctx, stored)


async def answers(ctx: Context, project: Project, clusters: dict[str, str]) -> None:
    """Cards of each cluster and run, as people ask for them."""
    sentences = ["clusters", "logs F-1", "logs F-2", *(f"status C-{n}" for n in clusters)]
    for sentence in [*sentences, *(f"history C-{n}" for n in clusters)]:
        answer, outcome, _ = await answer_at_once(ctx, project, Person(operator=True), sentence)
        assert outcome == "done", (sentence, answer.card)


@pytest.mark.parametrize("stored", EARLIER[-1:], indirect=True)
async def test_what_a_newer_program_knows_is_passed_over(
    ctx: Context, stored: dict[str, Any]
) -> None:
    [project] = await ctx.projects.all()
    for kind in ("items", "clusters", "runs", "commands"):
        key = f"sc:{project.id}:{kind}"
        for name, record in stored[key][1].items():
            newer = {**json.loads(record), "of_tomorrow": {"a": 1}}
            await ctx.redis.hset(key, name, json.dumps(newer))
    await is_read(ctx, stored)


async def test_data_of_a_newer_format_or_half_restored_are_left_alone(ctx: Context) -> None:
    await ctx.seal.check(ctx.redis)
    await format.begin_restoring(ctx.redis)
    with pytest.raises(ConfigError, match="say `soulcaster restore FILE --yes` again"):
        await ctx.seal.check(ctx.redis)
    await ctx.redis.zadd(keys.format(), {"format": format.FORMAT + 1})
    with pytest.raises(ConfigError, match="of a newer Soulcaster"):
        await ctx.seal.check(ctx.redis)
