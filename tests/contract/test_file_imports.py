"""A file becomes history of the project: once, wherever it is killed, and can be taken back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from history_kit import said, work
from imports_kit import PIECE, finished, hand_over, made

from bot.domain.audience import Audience
from bot.domain.errors import TooLarge, Unreadable
from bot.domain.imports import Wanted
from bot.domain.models import Draft, Project
from bot.render import render_markdown
from bot.storage import keys
from bot.storage.file_imports import Runs
from handlers.demo.stage import Stage
from workers import jobs
from workers.clusters import taking_back
from workers.digests.following import follow_problem
from workers.intake import imports, items
from workers.intake.receiving import begin, receive


@pytest.fixture(autouse=True)
def _jobs() -> Iterator[None]:
    jobs.load()
    return iter([None])


async def live(stage: Stage, title: str) -> int:
    ctx, project = stage.context, await stage.project()
    taken = await items.take(
        ctx,
        project.id,
        Draft(source="feedback", key=title, event=title, title=title, occurred_at=ctx.now(),
              audience=Audience.PROJECT),
    )  # fmt: skip
    await work(stage)
    return taken.item


async def kept(stage: Stage, project: Project) -> dict[str, object]:
    """Everything of the project that tells of reports."""
    of = project.id
    names = [keys.items(of), keys.item_keys(of), keys.membership(of), keys.seen(of)]
    names += [keys.standings(of), keys.tally(of, "open"), keys.evidence(of)]
    redis = stage.context.redis
    found: dict[str, object] = {name: await redis.hgetall(name) for name in names}
    found["clusters"] = sorted(await redis.hkeys(keys.clusters(of)))
    found["order"] = await redis.zrange(keys.order(of, "open", "recent"), 0, -1)
    return found


async def test_a_file_is_history_once_and_leaves_as_if_it_had_never_come(stage: Stage) -> None:
    ctx, project = stage.context, await stage.project()
    known = await live(stage, "The invoice of the login is broken")
    before = await kept(stage, project)
    await ctx.redis.delete(keys.profile(project.id))
    one = await hand_over(stage, made(0, 20) + b'\n{"broken\n' + made(20, 24))
    assert (one.stage, one.percent) == ("reading", 20)
    one = await finished(stage, one.number)
    assert (one.state, one.percent) == ("complete", 100)
    assert (one.records, one.new, one.known, one.bad) == (25, 24, 0, 1)
    assert one.listed == ("line 21: it is no JSON",)
    assert await ctx.blobs.size(project.id, one.blob) == 0
    profile = await ctx.memory.profile(project.id)
    assert profile
    assert profile.sections.identity
    for readers, shown in ((Audience.TEAM, True), (Audience.PROJECT, False)):
        card = imports.file_import_card(project, one, readers=readers).model_dump_json()
        assert ("old.jsonl" in card, "line 21" in card) == (shown, shown)
    hostile = one.model_copy(update={"listed": ("line 1: 'see #12'",), "reason": "no 'a #13'"})
    card_of_it = imports.file_import_card(project, hostile, readers=Audience.TEAM)
    shown_as = render_markdown(card_of_it)
    assert not {"#12", "#13"} & {*re.findall(r"#\d+", shown_as)}, (
        "words of a file refer to no issue"
    )
    brought = await ctx.items.many(project.id, range(known + 1, known + 25))
    assert all(item.history and item.cluster for item in brought)
    assert {item.audience for item in brought} == {Audience.TEAM}
    again = await finished(stage, (await hand_over(stage, made(0, 24))).number)
    assert (again.records, again.new, again.known) == (24, 0, 24)
    card = (await said(stage, f"import undo {one.number}")).answer.card
    assert card.tone == "refused"
    await work(stage)
    assert (await ctx.file_imports.get(project.id, one.number)).state == "undone"
    assert await kept(stage, project) == before
    assert await ctx.items.waiting(project.id) == []
    fresh = await ctx.memory.profile(project.id)
    assert fresh
    assert fresh.made_at > profile.made_at, "what was taken out is quoted no more"
    for number in {item.cluster for item in brought} - {None}:
        await follow_problem(ctx, project.id, number)  # what was still asked of it is nothing to do
    assert (await ctx.items.get(project.id, await live(stage, "The coupon fails"))).cluster


async def test_killed_ten_times_nothing_is_lost_or_doubled(stage: Stage) -> None:
    ctx, project = stage.context, await stage.project()
    one = await hand_over(stage, made(0, 2_000))
    for kill in range(10):
        reading = asyncio.create_task(imports.read_import(ctx, project.id, one.number))
        while await ctx.items.last(project.id) < 150 * (kill + 1):
            assert not reading.done()
        reading.cancel()
        await asyncio.wait({reading})
    # Of the last batch that was recorded nothing else was written.
    await ctx.redis.delete(keys.brought(project.id, one.number))
    await ctx.file_imports.put(project.id, one.number, ctx.now(), records=0, new=0, first=0)
    await imports.read_import(ctx, project.id, one.number)
    one = await ctx.file_imports.get(project.id, one.number)
    assert (one.records, await ctx.items.last(project.id)) == (2_000, 2_000)


async def test_what_was_recorded_when_it_was_killed_is_its_own(stage: Stage) -> None:
    ctx, project = stage.context, await stage.project()
    one = await hand_over(stage, made(0, 150))
    await imports.read_import(ctx, project.id, one.number)
    await ctx.redis.srem(keys.brought(project.id, one.number), *range(101, 151))
    back = {"stage": "reading", "records": 100, "new": 100}
    await ctx.file_imports.put(project.id, one.number, ctx.now(), **back)
    for at in range(0, len(data := made(0, 150)), PIECE):
        await ctx.blobs.append(project.id, one.blob, at, data[at : at + PIECE])
    await imports.read_import(ctx, project.id, one.number)
    one = await ctx.file_imports.get(project.id, one.number)
    assert (one.records, one.new, one.known) == (150, 150, 0)


async def test_one_at_a_time_and_one_that_stands_still_is_taken_over(stage: Stage) -> None:
    ctx, project = stage.context, await stage.project()
    first = await begin(ctx, project, "jsonl", "a", Wanted(), 1_000, by="ana")
    await receive(ctx, project, first, 0, made(0, 9)[:500])
    with pytest.raises(Runs, match="Import 1 of a: receiving, 10 %"):
        await hand_over(stage, made(0, 9))
    late = ctx.now() - timedelta(minutes=16)
    await ctx.file_imports.put(project.id, first.number, late)
    one = await hand_over(stage, made(0, 9))
    assert one.number == 2
    assert "another took its place" in (await ctx.file_imports.get(project.id, 1)).reason


async def test_a_file_of_another_kind_is_refused_at_once(stage: Stage) -> None:
    with pytest.raises(Unreadable, match="no file of kind slack"):
        await hand_over(stage, made(0, 9), "slack")
    one = await hand_over(stage, b'{"what": 1}\n' * 9)
    await work(stage)
    one = await stage.context.file_imports.get((await stage.project()).id, one.number)
    assert one.state == "failed"
    assert "Which of the objects is a report's text?" in one.reason


@pytest.mark.parametrize("handed", [1_000, 0])
async def test_a_file_and_what_it_brings_leave_redis_room_for_others(
    stage: Stage, handed: int
) -> None:
    ctx, project, data = stage.context, await stage.project(), made(0, 40)
    one = await begin(ctx, project, "jsonl", "x", Wanted(), len(data), by="ana")
    one = await receive(ctx, project, one, 0, data[: handed or len(data)])
    used = (await ctx.redis.info("memory"))["used_memory"]
    before = (await ctx.redis.config_get("maxmemory"))["maxmemory"]
    await ctx.redis.config_set("maxmemory", used * 3 // 2)
    try:
        if handed:
            with pytest.raises(TooLarge, match="SOULCASTER_BLOBS"):
                await receive(ctx, project, one, handed, data[handed:])
        else:
            await imports.read_import(ctx, project.id, one.number)
    finally:
        await ctx.redis.config_set("maxmemory", before)
    one = await ctx.file_imports.get(project.id, one.number)
    assert (one.state, one.new, "no room" in one.reason) == ("failed", 0, True)
    assert await ctx.blobs.size(project.id, one.blob) == 0


async def test_stopped_what_it_brought_stays(stage: Stage) -> None:
    ctx, project = stage.context, await stage.project()
    one = await hand_over(stage, made(0, 300))
    reading = asyncio.create_task(imports.read_import(ctx, project.id, one.number))
    while not await ctx.items.last(project.id):
        assert not reading.done()
    assert (await said(stage, "import stop")).outcome == "done"
    await reading
    one = await ctx.file_imports.get(project.id, one.number)
    assert (one.state, await ctx.items.last(project.id) < 300) == ("stopped", True)
    await taking_back.take_back(ctx, project.id, one.number)
    assert await ctx.items.many(project.id, range(1, 301)) == []
