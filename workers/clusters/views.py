"""Clusters as they may be shown, read from what is stored."""

from __future__ import annotations

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.views.cluster import ClusterView
from bot.domain.fixes.run import FixRun
from bot.domain.models import Project
from bot.jobs import enqueue
from workers import jobs


async def cluster_view(
    ctx: Context, project: Project, number: int, *, readers: Audience
) -> ClusterView:
    """A cluster with its items and hours, as ``readers`` may read it."""
    cluster = await ctx.clusters.get(project.id, number)
    members = await ctx.clusters.members(project.id, cluster.number)
    return ClusterView(
        cluster=cluster,
        items=await ctx.items.many(project.id, members),
        hours=await ctx.items.hours(project.id, members),
        now=ctx.now(),
        readers=readers,
    )


async def all_views(ctx: Context, project: Project, *, readers: Audience) -> list[ClusterView]:
    """Every cluster of a project."""
    clusters = await ctx.clusters.all(project.id)
    return [await cluster_view(ctx, project, c.number, readers=readers) for c in clusters]


async def newest_runs(ctx: Context, project: int) -> dict[int, FixRun]:
    """The newest run of each cluster that has one."""
    newest: dict[int, FixRun] = {}
    for run in await ctx.runs.all(project):
        newest.setdefault(run.cluster, run)
    return newest


async def refresh_soon(ctx: Context, project: int) -> None:
    """Many changes that come together are one edit."""
    if await ctx.digests.tracking_issue(project):
        await enqueue(ctx, jobs.refresh_tracking_issue, project, delay=2)
