"""Reports leave as if they had never come: with their words, their vectors and their counts."""

from __future__ import annotations

from collections.abc import Sequence

from bot.context import Context
from bot.domain.errors import Unavailable
from bot.domain.models import Cluster, ClusterState, Item
from bot.jobs import enqueue
from workers import jobs
from workers.clusters.evidence import namespace
from workers.intake.files import reading, show


async def take_back(ctx: Context, project_id: int, number: int) -> None:
    """All that an import brought, and nothing else. Killed, it goes on with what is left.

    Raises Unavailable while it is still being read.
    """
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    before = await ctx.file_imports.get(project_id, number)
    async with ctx.leases.hold(reading(project_id, number)) as held:
        if not held:
            raise Unavailable("It is just being read.", retry_after=1)
        async for numbers in ctx.file_imports.brought(project_id, number):
            items = await ctx.items.many(project_id, numbers)
            placed = {item.cluster for item in items if item.cluster}
            await ctx.file_imports.touch(project_id, number, placed)
            placed = await remove(ctx, project_id, items)
            await ctx.file_imports.touch(project_id, number, placed)
            await ctx.file_imports.let_go(project_id, number, numbers)
        await _tidy(ctx, project_id, await ctx.file_imports.touch(project_id, number, ()))
        undone = {"state": "undone", "stage": ""}
        one = await ctx.file_imports.change(
            project_id, number, lambda now: now.model_copy(update=undone)
        )
    await show(ctx, project, one, before)


async def remove(ctx: Context, project: int, items: Sequence[Item]) -> set[int]:
    """Take these out; the clusters they were in."""
    await forget_vectors(ctx, project, [item.number for item in items])
    return set(await ctx.items.remove(project, items))


async def forget_vectors(ctx: Context, project: int, numbers: Sequence[int]) -> None:
    """Of every embedder that the project has vectors of."""
    for embedder in await ctx.embeddings.all(project):
        await ctx.vectors.remove(namespace(project, embedder), [str(n) for n in numbers])


async def _tidy(ctx: Context, project: int, touched: set[int]) -> None:
    """Clusters that nobody has touched go with their last report; others are read again."""
    kept = await ctx.clusters.redirected_to(project) if touched else set()
    kept |= (await ctx.runs.newest(project, sorted(touched))).keys() if touched else set()
    kept |= (await ctx.digests.tracked(project)).keys()
    for cluster in sorted(touched):
        if cluster in kept or not await ctx.clusters.vanish(project, cluster, _untouched):
            await enqueue(ctx, jobs.refresh_cluster, project, cluster)


def _untouched(cluster: Cluster) -> bool:
    new = cluster.state is ClusterState.NEW and not cluster.state_by
    people = cluster.severity_by or cluster.owner or cluster.pull_request
    return new and not people and cluster.redirect is None
