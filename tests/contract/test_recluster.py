"""Everything is clustered again: what people touched stays, the rest is one operation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from judge_kit import AGAIN, FIRST, NOW, OTHER, Shop, open_shop

from bot.domain.audience import Audience
from bot.domain.clusters.evidence import Because
from bot.domain.fixes.run import FixRun
from bot.domain.models import ClusterState, Draft, Place
from bot.storage.cluster_jobs import KEPT, ClusterJob
from workers.clusters import corrections, recluster

SLOW = ("Search takes a minute", "With forty results the list of products is empty for a minute.")


@pytest.fixture
async def shop(redis_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(redis_url, tmp_path) as shop:
        yield shop


async def put(shop: Shop, words: tuple[str, str], into: int | None = None) -> int:
    """A report that somebody put there; its cluster. Of the same words a fresh engine makes one."""
    ctx, last = shop.ctx, await shop.ctx.items.last(shop.id)
    draft = Draft(
        audience=Audience.PROJECT, source="feedback", key=f"k{last}", event=f"k{last}",
        title=words[0], body=words[1], occurred_at=NOW,
    )  # fmt: skip
    item = (await ctx.items.record(shop.id, draft, NOW)).item
    await ctx.redis.set("lease", "mine")
    found = await ctx.clusters.place(
        shop.id, item, into, now=NOW, title=words[0], audience=Audience.PROJECT,
        evidence=Because(action="new").model_dump_json(), lease="lease", token="mine",
        corrections=await ctx.operations.count(shop.id),
    )  # fmt: skip
    assert found
    return found


async def misplaced(shop: Shop) -> dict[int, int]:
    """C-1 and C-2 are of the same words, C-3 is of two that have nothing in common."""
    for words, into in ((FIRST, None), (FIRST, None), (OTHER, None), (SLOW, 3)):
        await put(shop, words, into)
    return await where(shop)


async def where(shop: Shop) -> dict[int, int]:
    return await shop.ctx.items.membership(shop.id)


async def again(shop: Shop, line: str = "recluster") -> ClusterJob:
    await shop.say(line)
    await shop.work()
    return (await shop.ctx.cluster_jobs.all(shop.id))[0]


async def test_what_lies_wrong_is_put_right_and_back(shop: Shop) -> None:
    before = await misplaced(shop)
    tried = await again(shop, "recluster --dry-run")
    assert (tried.state, tried.merged, tried.split) == ("succeeded", {2: 1}, (3,))
    assert (tried.moved, tried.seen, tried.total, tried.operation) == (2, 4, 4, None)
    assert await where(shop) == before
    told = await shop.say("recluster status")
    assert "2 reports would move" in told
    assert "recluster" in told

    done = await again(shop)
    assert (done.merged, done.split, done.moved, done.operation) == ({2: 1}, (3,), 2, 1)
    assert await where(shop) == {1: 1, 2: 1, 3: 3, 4: 4}
    assert (await shop.ctx.clusters.get(shop.id, 2)).number == 1
    assert (await shop.ctx.clusters.get(shop.id, 4)).title == SLOW[0]
    assert "Clustered everything again" in await shop.say("history")

    assert "undone" in await shop.say("undo")
    assert await where(shop) == before
    assert (await again(shop)).moved == 2, "nobody said that it was wrong, only that it was done"
    assert (await again(shop)).moved == 0, "the same reports are the same clusters"


@pytest.mark.parametrize(
    "line",
    ["not-dup I-1 I-2 --confirm", "assign C-1 @ana", "resolve C-1", "ignore C-1 --reason=spam"],
)
async def test_what_people_touched_stays_as_it_is(shop: Shop, line: str) -> None:
    await misplaced(shop)
    await shop.say(line)
    done = await again(shop)
    assert (done.merged, done.split) == ({}, (3,))
    assert {1: 1, 2: 2}.items() <= (await where(shop)).items()


async def test_what_a_run_is_about_stays(shop: Shop) -> None:
    await misplaced(shop)
    run = FixRun(
        audience=Audience.PROJECT, number=0, cluster=3, command="c", requested_by="ana",
        agent="x", seconds_allowed=1, created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    await shop.ctx.runs.open(shop.id, run)
    assert (await again(shop)).split == ()


async def test_a_number_stays_with_most_and_the_deleted_stay(shop: Shop) -> None:
    for words, into in ((FIRST, None), (OTHER, 1), (OTHER, 1), (SLOW, 1), (SLOW, None)):
        await put(shop, words, into)
    await shop.ctx.items.withdraw(shop.id, "feedback", "k3")
    done = await again(shop)
    assert (done.merged, done.split, done.total) == ({}, (1,), 4)
    assert await where(shop) == {1: 3, 2: 1, 3: 1, 4: 1, 5: 2}


async def test_what_is_touched_meanwhile_is_kept(shop: Shop) -> None:
    await misplaced(shop)
    plan = corrections.reclustering(shop.ctx, shop.id, {2: 1, 4: -1})
    assert [c.number for c in (await plan("@ana")).operation.items] == [2, 4]
    await shop.ctx.clusters.change(shop.id, 2, state=ClusterState.FIXING)
    worked = await plan("@ana")
    assert [c.number for c in worked.operation.items] == [4]
    await put(shop, AGAIN, 3)
    told: dict[str, Any] = {"said": "recluster", "command": "c"}
    assert await corrections.apply(shop.ctx, shop.id, worked, **told) is None


async def test_killed_after_it_was_done_it_is_done_once(shop: Shop) -> None:
    await misplaced(shop)
    done, ctx = await again(shop), shop.ctx
    await ctx.cluster_jobs.put(shop.id, done.number, state="running", operation=None)
    await recluster.recluster(ctx, shop.id, done.number)
    assert await ctx.cluster_jobs.get(shop.id, done.number) == done
    assert await ctx.operations.count(shop.id) == 1


async def test_one_is_under_way_at_a_time_and_the_newest_are_kept(shop: Shop) -> None:
    ctx = shop.ctx
    job = ClusterJob(dry_run=True, requested_by="@ana", command="a", place=Place(), created_at=NOW)
    first = await ctx.cluster_jobs.open(shop.id, job)
    for command in ("a", "b"):
        wanted = job.model_copy(update={"command": command})
        assert await ctx.cluster_jobs.open(shop.id, wanted) == first
    for number in range(1, KEPT + 3):
        opened = await ctx.cluster_jobs.open(
            shop.id, job.model_copy(update={"command": f"c{number}"} if number > 1 else {})
        )
        assert opened.number == number
        await ctx.cluster_jobs.put(shop.id, opened.number, state="succeeded")
    kept = [each.number for each in await ctx.cluster_jobs.all(shop.id)]
    assert kept == [*range(KEPT + 2, 2, -1)]


async def test_pairs_that_may_be_one_are_suggested_the_likeliest_first(shop: Shop) -> None:
    await shop.report(FIRST)
    await shop.report(AGAIN)
    await shop.report(OTHER)
    told = await shop.say("merge --suggest")
    assert "1 group of problems" in told
    assert "C-1" in told
    assert "C-2" in told
    assert "C-3" not in told
    await shop.say("not-dup I-1 I-2 --confirm")
    assert "0 groups" in await shop.say("merge --suggest")
    assert "merge wants a cluster. Example: merge C-31 into C-12" in await shop.say("merge")
