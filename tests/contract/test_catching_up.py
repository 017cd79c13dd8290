"""What a process remembers of a project is what it would read afresh, however it came by it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from machine_kit import opened
from properties import examples
from test_reembedding import Folded

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.clusters.engine.operations import Blocked
from bot.domain.errors import NotFound
from bot.domain.models import Draft, Project
from bot.jobs import CLAIM, Claim
from bot.storage import keys
from bot.storage.items import LOGGED
from workers.clusters import corrections, evidence, placing

_projects = iter(range(1_000, 1_000_000))
PAGES = ("cart", "login", "search")  # words that people may tell apart
VERBS = ("report", "report", "merge", "split", "move", "same", "different", "undo", "read", "cut")


@pytest.fixture
async def two(redis_url: str, tmp_path: Path) -> AsyncIterator[tuple[Context, Context]]:
    """Two processes: each has memories of its own, as it names its Redis in its own way."""
    key = Fernet.generate_key().decode()
    async with (
        opened(redis_url, tmp_path / "a", key) as one,
        opened(f"{redis_url}?db=0", tmp_path / "b", key) as other,
    ):
        await one.redis.flushdb()
        evidence._memories.clear()
        one.embedder = other.embedder = Folded()
        yield one, other


async def begin(ctx: Context) -> int:
    project = next(_projects)
    await ctx.projects.put(Project(id=project, installation=1, full_name=f"acme/p{project}"))
    return project


async def report(ctx: Context, project: int, titles: list[str]) -> None:
    """Reports that this process hears and places."""
    for title in titles:
        key = str(await ctx.items.last(project))
        draft = Draft(
            source="feedback",
            key=key,
            event=key,
            title=title,
            body=f"{title}, said at some length",
            occurred_at=ctx.now(),
            audience=Audience.TEAM,
        )
        await ctx.items.record(project, draft, ctx.now())
    claim = Claim(f'["cluster_items", {project}]', "1", "mine", "work", str(project))
    await ctx.redis.set(claim.lease, claim.token)
    CLAIM.set(claim)
    await placing.cluster_items(ctx, project)


async def correct(ctx: Context, project: int, verb: str, a: int, b: int) -> None:
    """What a person says of two reports or clusters, counted from 0, if it can be done."""
    there = await ctx.items.last(project)
    if not there:
        return
    a, b = 1 + a % there, 1 + b % there
    plan = {
        "merge": lambda: corrections.merging(ctx, project, [a], b),
        "split": lambda: corrections.splitting(ctx, project, sorted({a, b})),
        "move": lambda: corrections.moving(ctx, project, a, b),
        "same": lambda: corrections.linking(ctx, project, a, b, alike=True),
        "different": lambda: corrections.linking(ctx, project, a, b, alike=False),
        "undo": lambda: corrections.undoing(ctx, project, None, None),
    }[verb]
    try:
        worked = await plan()("@ana")
    except (Blocked, NotFound):
        return
    assert await corrections.apply(ctx, project, worked, said="said", command="")


async def cut(ctx: Context, project: int) -> None:
    """So much is written down of one report that Redis cuts what was written before."""
    if where := await ctx.items.membership(project):
        item, cluster = max(where.items())
        async with ctx.redis.pipeline() as pipe:
            for _ in range(LOGGED + 200):
                pipe.xadd(keys.placements(project), {item: cluster}, maxlen=LOGGED)
            await pipe.execute()


def known(memory: evidence.Memory) -> tuple[object, ...]:
    engine = memory.engine
    where = {item: engine.cluster_of(item) for item in engine.items}
    return where, memory.links, memory.corrections, engine.lacking, engine.lesson, engine.words


@examples(20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_it_is_what_is_read_afresh(two: tuple[Context, Context], data: st.DataObject) -> None:
    project = await begin(two[0])
    numbers = st.integers(1, 6)
    step = st.tuples(st.integers(0, 1), st.sampled_from(VERBS), numbers, numbers)
    for who, verb, a, b in data.draw(st.lists(step, min_size=3, max_size=14)):
        ctx = two[who]
        if verb == "report":
            titles = [f"Problem of the {PAGES[n % 3]} page, {n}" for n in range(a, a + b)]
            await report(ctx, project, titles)
        elif verb == "read":
            await evidence.remember(ctx, project)
        elif verb == "cut":
            await cut(ctx, project)
        else:
            await correct(ctx, project, verb, a, b)
    kept = [known(await evidence.remember(ctx, project)) for ctx in two]
    evidence._memories.clear()
    afresh = known(await evidence.remember(two[0], project))
    assert kept == [afresh, afresh]
    assert afresh[0] == await two[0].items.membership(project)


async def test_only_what_is_newer_is_read(two: tuple[Context, Context]) -> None:
    one, other = two
    project = await begin(one)
    await report(one, project, [f"Problem number {n}" for n in range(30)])
    memory = await evidence.remember(other, project)
    await report(one, project, ["Another"])
    await one.redis.config_resetstat()
    assert await evidence.remember(other, project) is memory
    assert len(memory.engine) == 31
    calls = await one.redis.info("commandstats")
    assert not {"cmdstat_hgetall", "cmdstat_smembers"} & calls.keys(), "of the whole project"


async def test_what_was_cut_from_the_log_is_read_all_the_same(
    two: tuple[Context, Context],
) -> None:
    one, other = two
    project = await begin(one)
    await report(one, project, ["The cart is empty", "Login fails"])
    memory = await evidence.remember(other, project)
    await correct(one, project, "merge", 0, 1)
    assert await one.items.membership(project) == {1: 2, 2: 2}
    await cut(one, project)
    assert await evidence.remember(other, project) is memory
    assert known(memory)[0] == await one.items.membership(project)


async def test_a_project_that_was_begun_again_is_another(two: tuple[Context, Context]) -> None:
    one, other = two
    project = await begin(one)
    await report(one, project, ["The cart is empty", "Login fails"])
    before = (await evidence.remember(other, project)).engine
    async for key in one.redis.scan_iter(match=f"*:{project}:*"):
        await one.redis.delete(key)
    await report(one, project, ["Something else", "Nothing of the sort", "And more"])
    memory = await evidence.remember(other, project)
    assert memory.engine is not before, "I-1 is not what it was"
    assert known(memory)[0] == await one.items.membership(project)


async def test_what_was_used_longest_ago_is_forgotten(
    two: tuple[Context, Context],
) -> None:
    one, _ = two
    fit = evidence.HELD // evidence.ENGINE
    projects = [await begin(one) for _ in range(fit + 2)]
    first = await evidence.remember(one, projects[0])
    for project in projects[1:fit]:
        await evidence.remember(one, project)
    assert await evidence.remember(one, projects[0]) is first
    for project in projects[fit:]:
        await evidence.remember(one, project)
    assert len(evidence._memories) == fit
    assert await evidence.remember(one, projects[0]) is first
    assert {project for _, project in evidence._memories}.isdisjoint(projects[1:3])


async def test_a_placement_that_was_read_already_is_left_as_it_was_read(
    two: tuple[Context, Context],
) -> None:
    """Between placing a report and remembering that, a person may have moved it."""
    one, _ = two
    project = await begin(one)
    await report(one, project, ["The cart is empty"] * 2)
    memory = await evidence.remember(one, project)
    (reading,) = await memory.read(await one.items.many(project, [2]))
    (vector,) = await one.embedder.embed([reading.text])
    await correct(one, project, "split", 1, 1)
    assert await one.items.membership(project) == {1: 1, 2: 2}
    await evidence.remember(one, project)
    await memory.add(reading, vector, 1, None)
    assert memory.engine.cluster_of(2) == 2


async def test_what_a_later_event_brought_is_read_where_the_first_is_known(
    two: tuple[Context, Context],
) -> None:
    """Whoever had read the report before its fingerprint was told knows it by that, too."""
    one, other = two
    project = await begin(one)
    await report(one, project, ["The cart is empty", "Login fails"])
    memory = await evidence.remember(other, project)
    item = await one.items.get(project, 1)
    richer = Draft(**{**item.model_dump(include=set(Draft.model_fields)), "fingerprint": "cart"})
    await one.items.enrich(project, 1, richer)
    later = richer.model_copy(update={"title": "Quite another title", "body": "and other words"})
    (reading,) = await memory.read([item.model_copy(update={**dict(later), "number": 9})])
    assert memory.engine.repeat_of(reading) is None
    for ctx in two:
        remembered = await evidence.remember(ctx, project)
        assert remembered.engine.repeat_of(reading) == 1
        assert known(remembered)[0] == {1: 1, 2: 2}
    log = await one.redis.xlen(keys.placements(project))
    await one.items.enrich(project, 1, richer.model_copy(update={"people": 5}))
    assert await one.redis.xlen(keys.placements(project)) == log, "that is not read"
