"""Corrections on a real Redis: exact, whole, and never acting on what has changed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.context import Context
from bot.domain.clustering import Links
from bot.domain.clustering.forest import Forest
from bot.domain.clustering.operations import Blocked, Clustering, apply, last_undoable
from bot.domain.corrections import Logged
from bot.domain.errors import NotFound, SoulcasterError
from bot.domain.evidence import Because, Near
from bot.domain.models import ClusterState, Draft, Person, Place, Project
from bot.domain.run import FixRun
from bot.jobs import CLAIM, Claim
from bot.storage import keys
from bot.storage.commands import Utterance
from handlers.commands import answer_to
from handlers.commands.call import Answer
from workers import cluster, corrections, evidence, explain, refresh, suggestions
from workers.corrections import Plan

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
LEASE = "sc:lease:clustering"
PROJECT = Project(id=7, installation=1, full_name="acme/shop", private=True)
P = PROJECT.id
_projects = iter(range(1_000, 1_000_000))


async def report(ctx: Context, project: int, item: int, **fields: Any) -> None:
    """A report with this number: reports are made in the order of their numbers."""
    draft = Draft(
        source=fields.pop("source", "github"),
        key=f"issue:{item}",
        event=f"issue:{item}",
        title=fields.pop("title", f"Problem {item}"),
        occurred_at=NOW,
        **fields,
    )
    made = await ctx.items.record(project, draft, NOW)
    assert made.item == item


async def put(ctx: Context, project: int, item: int, into: int | None, **because: Any) -> int:
    """Place a report as the clustering does; the cluster."""
    await ctx.redis.set(LEASE, "mine")
    why = Because(**{"action": "new"} | because)
    found = await ctx.clusters.place(
        project,
        item,
        into,
        now=NOW,
        title=f"Problem {item}",
        evidence=why.model_dump_json(),
        corrections=await ctx.operations.count(project),
        lease=LEASE,
        token="mine",
    )
    assert found is not None
    return found


async def clustered(ctx: Context, *clusters: list[int], project: int = P) -> None:
    """Reports 1.. in clusters C-1, C-2, ..., as listed."""
    if project == P:
        await ctx.projects.put(PROJECT)
    where = {item: number for number, items in enumerate(clusters, 1) for item in items}
    for item in sorted(where):
        await report(ctx, project, item)
    for number, items in enumerate(clusters, 1):
        for place, item in enumerate(items):
            assert await put(ctx, project, item, number if place else None) == number


async def do(ctx: Context, plan: Plan, project: int = P) -> Logged | None:
    worked = await plan("@ana")
    return await corrections.apply(
        ctx, project, worked, said="said", command=secrets.token_hex(4)
    )


async def say(
    ctx: Context, line: str, *, place: Place | None = None, command: str = ""
) -> Answer:
    said = Utterance(
        id=command or secrets.token_hex(4),
        project=P,
        line=line,
        person=Person(slack_team="shell"),
        place=place or Place(),
        heard_at=NOW - timedelta(hours=1),
    )
    answer, _ = await answer_to(ctx, PROJECT, said)
    return answer


def title(answer: Answer) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in answer.card.title)


def confirmation(answer: Answer) -> str:
    """The sentence of the card's Confirm."""
    return next(
        choice.sentence
        for section in answer.card.sections
        for block in section.blocks
        if hasattr(block, "choices")
        for choice in block.choices
    )


async def everything(ctx: Context, project: int, clusters: int) -> Clustering:
    """The whole clustering as it is stored, both ways of asking for it being equal."""
    membership = await ctx.items.membership(project)
    by_cluster = {
        item: number
        for number in range(1, clusters + 1)
        for item in await ctx.clusters.members(project, number)
    }
    assert membership == by_cluster
    records = await ctx.clusters.records(project, list(range(1, clusters + 1)))
    parents = {c.number: c.redirect for c in records.values() if c.redirect is not None}
    return Clustering(membership, Forest(parents), await ctx.links.of(project))


# Exactness


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_what_is_stored_is_what_the_pure_model_says(
    ctx: Context, data: st.DataObject
) -> None:
    project = next(_projects)
    where = data.draw(st.lists(st.integers(0, 3), min_size=3, max_size=9))
    groups: dict[int, list[int]] = {}
    for item, group in enumerate(where, 1):
        groups.setdefault(group, []).append(item)
    await clustered(ctx, *groups.values(), project=project)
    items, model = st.integers(1, len(where)), await everything(ctx, project, len(groups))
    log: list[Logged] = []
    before: list[Clustering] = []
    for _ in range(data.draw(st.integers(1, 6))):
        last = int(await ctx.redis.get(keys.counter(project, "cluster")))
        cluster_numbers = st.integers(1, last)
        verb = data.draw(st.sampled_from(["merge", "split", "move", "new", "dup", "not", "undo"]))
        a, b = data.draw(items), data.draw(items)
        plan = {
            "merge": lambda a=a, n=cluster_numbers: corrections.merging(
                ctx, project, data.draw(st.lists(n, min_size=1, max_size=2)), data.draw(n)
            ),
            "split": lambda: corrections.splitting(
                ctx, project, data.draw(st.lists(items, min_size=1, max_size=3, unique=True))
            ),
            "move": lambda a=a, n=cluster_numbers: corrections.moving(
                ctx, project, a, data.draw(n)
            ),
            "new": lambda a=a: corrections.moving(ctx, project, a, None),
            "dup": lambda a=a, b=b: corrections.linking(ctx, project, a, b, alike=True),
            "not": lambda a=a, b=b: corrections.linking(ctx, project, a, b, alike=False),
            "undo": lambda: corrections.undoing(
                ctx, project, data.draw(st.integers(1, len(log) + 1)), None
            ),
        }[verb]()
        try:
            done = await do(ctx, plan, project)
        except (Blocked, NotFound):
            continue
        assert done is not None
        before.append(model)
        log.append(done)
        model = apply(model, done.operation)
        last = int(await ctx.redis.get(keys.counter(project, "cluster")))
        stored = await everything(ctx, project, last)
        assert stored.membership == model.membership
        assert dict(stored.redirects.parents) == dict(model.redirects.parents)
        assert stored.links == model.links
        for number in range(1, last + 1):
            assert bool(stored.members(number)) is (number not in stored.redirects.parents)
        if done.operation.undoes is not None:
            restored = before[done.operation.undoes - 1]
            target = log[done.operation.undoes - 1].operation
            moved = {change.number for change in target.items}
            assert {i: model.membership[i] for i in moved} == {
                i: restored.membership[i] for i in moved
            }
    assert await ctx.operations.log(project) == log


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_undoing_everything_restores_the_exact_membership(
    ctx: Context, data: st.DataObject
) -> None:
    project = next(_projects)
    await clustered(ctx, [1, 2, 3], [4, 5], [6], project=project)
    beginning = await everything(ctx, project, 3)
    items = st.integers(1, 6)
    for _ in range(4):
        last = int(await ctx.redis.get(keys.counter(project, "cluster")))
        plans = [
            corrections.merging(
                ctx, project, [data.draw(st.integers(1, last))], data.draw(st.integers(1, last))
            ),
            corrections.splitting(ctx, project, data.draw(st.lists(items, min_size=1, max_size=2))),
            corrections.moving(ctx, project, data.draw(items), data.draw(st.integers(1, last))),
            corrections.linking(
                ctx, project, data.draw(items), data.draw(items), alike=data.draw(st.booleans())
            ),
        ]
        try:
            await do(ctx, data.draw(st.sampled_from(plans)), project)
        except Blocked:
            continue
    while last_undoable([entry.operation for entry in await ctx.operations.log(project)]):
        assert await do(ctx, corrections.undoing(ctx, project, None, None), project)
    last = int(await ctx.redis.get(keys.counter(project, "cluster")))
    ended = await everything(ctx, project, last)
    assert ended.membership == beginning.membership
    assert ended.links == beginning.links
    assert {n for n in (1, 2, 3) if n in ended.redirects.parents} == set()
