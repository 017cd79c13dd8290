"""After the pull request: the cluster follows it, and is watched once it is merged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.context import Context
from bot.domain.models import ClusterState, Project
from bot.github import pulls
from bot.jobs import enqueue
from bot.sources import INCIDENTS, github_issue
from workers import jobs
from workers.clusters.views import refresh_soon

WATCH = timedelta(days=3)
MOST = 20


async def follow_pull(ctx: Context, project_id: int, number: int) -> None:
    """A pull request was merged, closed or reopened: one of ours, or one that closes issues."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    run = await ctx.runs.of_pull(project_id, number)
    pull = await ctx.github.repo(project).get(f"/pulls/{number}")
    if pull.get("merged"):
        for cluster in [run.cluster] if run else await _closed_by(ctx, project, pull):
            await _watch(ctx, project_id, cluster)
    elif run is not None:
        state = ClusterState.PR_OPENED if pull["state"] == "open" else ClusterState.TRIAGED
        await ctx.clusters.change(project_id, run.cluster, state=state, updated_at=ctx.now())
    await refresh_soon(ctx, project_id)


async def _closed_by(ctx: Context, project: Project, pull: Any) -> list[int]:
    """Clusters of the issues that a person's pull request says it fixes."""
    if pull["user"]["type"] == "Bot" or pull["base"]["ref"] != project.default_branch:
        return []
    named = pulls.closed_by(pull["body"] or "", project.full_name)[:MOST]
    found = [
        await ctx.items.by_key(project.id, github_issue.NAME, github_issue.key(n)) for n in named
    ]
    items = await ctx.items.many(project.id, filter(None, found))
    return sorted({item.cluster for item in items if item.cluster})


async def _watch(ctx: Context, project: int, cluster: int) -> None:
    await enqueue(ctx, jobs.judge_watch, project, cluster, delay=WATCH.total_seconds())
    await ctx.clusters.change(project, cluster, state=ClusterState.WATCHING, updated_at=ctx.now())


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
