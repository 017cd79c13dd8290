"""Cluster all reports again with a fresh engine, and apply what comes of it as one operation, or
only say what that would be. Killed, it begins anew; done, it is said again."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Action, Bullets, Card, Code, Fact, Line, Section
from bot.domain.cards.views.cluster import count
from bot.domain.cards.views.correction import more
from bot.domain.clusters.engine import Engine, fitted
from bot.domain.errors import UpstreamError
from bot.domain.models import Item, Project
from bot.domain.ports import Vector
from bot.say import readers_at, say
from bot.storage.cluster_jobs import ClusterJob
from workers.clusters import corrections, evidence
from workers.clusters.eagerness import way_of

BATCH = 64


async def recluster(ctx: Context, project_id: int, number: int) -> None:
    """Do the job of this number."""
    if (project := await ctx.projects.find(project_id)) is None:
        return
    job = await ctx.cluster_jobs.get(project_id, number)
    if job.state != "succeeded":
        who, done = job.requested_by, await corrections.done_before(ctx, project_id, job.command)
        moves = {} if done else await _moves(ctx, project, job)
        plan = corrections.reclustering(ctx, project_id, moves)
        operation, undo = (await plan(who)).operation, None
        if done or (operation.items and not job.dry_run):
            done = await corrections.do(ctx, project_id, plan, who, "recluster", job.command)
            operation, undo = done.operation, done.operation.number
        ways = Counter(before for before, _ in {(c.before or 0, c.after) for c in operation.items})
        merged = {c.number: c.after for c in operation.redirects if ways[c.number] == 1}
        job = await ctx.cluster_jobs.put(
            project_id, number, state="succeeded", operation=undo, moved=len(operation.items),
            merged=merged, split=tuple(sorted(ways.keys() - merged.keys())),
        )  # fmt: skip
    await _say(ctx, project, job)


async def _moves(ctx: Context, project: Project, job: ClusterJob) -> dict[int, int]:
    """Where a fresh engine puts reports that are elsewhere now. They come in the order of time,
    without what is kept; a group is the cluster most of it is in, or a new one, below zero."""
    where, kept = await ctx.items.membership(project.id), await corrections.kept(ctx, project.id)
    join = (await way_of(ctx, project.id)).way
    known = await evidence.first_vectors(ctx, project.id, where)
    engine = Engine(fitted(ctx.embedder.id, known), ctx.embedder.dimensions, join=join)
    order = await _in_order(ctx, project.id, [n for n in sorted(where) if where[n] not in kept])
    groups: dict[int, int] = {}
    for first in range(0, len(order), BATCH):
        stands = {"state": "running", "seen": first, "total": len(order)}
        job = await ctx.cluster_jobs.put(project.id, job.number, **stands)
        if 10 * first // len(order) > 10 * (first - BATCH) // len(order):
            with suppress(UpstreamError):
                await _say(ctx, project, job)
        items = await ctx.items.many(project.id, order[first : first + BATCH])
        vectors = await evidence.vectors_of(ctx, project.id, items)
        groups |= await asyncio.to_thread(_placed, engine, items, vectors)
    await ctx.cluster_jobs.put(project.id, job.number, seen=len(order))
    shared = Counter((group, where[item]) for item, group in groups.items())
    numbers, taken = dict[int, int](), dict[int, int]()
    for group, cluster in sorted(shared, key=lambda pair: (-shared[pair], pair)):
        if group not in numbers and taken.setdefault(cluster, group) == group:
            numbers[group] = cluster
    to = {item: numbers.get(group, -group) for item, group in groups.items()}
    return {item: cluster for item, cluster in to.items() if cluster != where[item]}


def _placed(engine: Engine, items: Sequence[Item], vectors: Mapping[int, Vector]) -> dict[int, int]:
    """The group of each of the next items, which is called by its first."""
    groups: dict[int, int] = {}
    for item in items:
        reading, vector = engine.read(evidence.report_of(item)), vectors[item.number]
        decision = engine.decide(reading, vector)
        joined = decision.cluster if decision.action == "join" else None
        groups[item.number] = joined or item.number
        engine.add(reading, vector, groups[item.number], decision.best)
    return groups


async def _in_order(ctx: Context, project: int, numbers: list[int]) -> list[int]:
    """Those that were not deleted, in the order of time; their words are not held."""
    when = {}
    for first in range(0, len(numbers), BATCH):
        for item in await ctx.items.many(project, numbers[first : first + BATCH]):
            if not item.gone:
                when[item.number] = item.occurred_at
    return sorted(when, key=lambda number: (when[number], number))


async def _say(ctx: Context, project: Project, job: ClusterJob) -> None:
    readers = await readers_at(ctx, project, job.place)
    await say(ctx, project, job.place, recluster_card(job, readers))


def recluster_card(job: ClusterJob, readers: Audience) -> Card:
    """How far it is, what it did, or would do."""
    ended = job.state == "succeeded"
    done = f"{count(job.moved, 'report')} {'would move' if job.dry_run else 'moved'}"
    stands = done if ended else f"{job.seen:,} of {job.total:,} reports are decided about"
    merged: list[Line] = [(Code(f"C-{a}"), " into ", Code(f"C-{b}")) for a, b in job.merged.items()]
    split: list[Line] = [(Code(f"C-{number}"),) for number in job.split]
    lists = ((f"{len(merged):,} merged", merged), (f"{len(split):,} parted", split))
    actions = (Action("Undo", f"undo {job.operation}"),) if job.operation else ()
    if ended and job.dry_run and job.moved:
        actions = (Action("Cluster again", "recluster"),)
    return Card(
        key=f"recluster:{job.number}",
        audience=readers,
        title=(f"Clustering everything again: {stands}",),
        tone=job.state,
        facts=(Fact("By", Code(job.requested_by)),),
        sections=tuple(Section(Bullets(*more(told)), title=title) for title, told in lists if told),
        actions=actions,
        footer=("What people or the language model have touched stays as it is.",),
    )
