"""After the pull request: the cluster follows it, and is watched once it is merged."""

from __future__ import annotations

from datetime import timedelta

from bot.context import Context
from bot.domain.models import ClusterState
from bot.jobs import enqueue
from bot.sources import INCIDENTS
from workers import jobs
from workers.clusters.views import refresh_soon

WATCH = timedelta(days=3)


async def follow_pull(ctx: Context, project_id: int, number: int) -> None:
    """A pull request of ours was merged, closed or reopened."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    run = await ctx.runs.of_pull(project_id, number)
    if run is None:
        return
    pull = await ctx.github.repo(project).get(f"/pulls/{number}")
    if pull.get("merged"):
        state = ClusterState.WATCHING
        await enqueue(ctx, jobs.judge_watch, project_id, run.cluster, delay=WATCH.total_seconds())
    else:
        state = ClusterState.PR_OPENED if pull["state"] == "open" else ClusterState.TRIAGED
    await ctx.clusters.change(project_id, run.cluster, state=state, updated_at=ctx.now())
    await refresh_soon(ctx, project_id)


async def judge_watch(ctx: Context, project_id: int, cluster: int) -> None:
    """The watch is over: gone means resolved; seen since, or an alert still open, regressed."""
    record = await ctx.clusters.get(project_id, cluster)
    if record.state is not ClusterState.WATCHING:
        return
    items = await ctx.items.many(project_id, await ctx.clusters.sample(project_id, cluster))
    still_open = any(i.source in INCIDENTS and not i.recovered_at and not i.gone for i in items)
    [tally] = await ctx.overview.tallies(project_id, [cluster])
    seen = tally.since(ctx.now() - record.updated_at, ctx.now())
    state = ClusterState.REGRESSED if seen or still_open else ClusterState.RESOLVED
    await ctx.clusters.change(
        project_id,
        cluster,
        state=state,
        seen_when_resolved=tally.total if state is ClusterState.RESOLVED else None,
        updated_at=ctx.now(),
    )
    await refresh_soon(ctx, project_id)
