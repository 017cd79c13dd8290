"""After the pull request: the cluster follows it, and is watched once it is merged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.context import Context
from bot.domain.cards.views.cluster import watch_card
from bot.domain.clusters.watch import judged
from bot.domain.errors import Unavailable
from bot.domain.models import Cluster, ClusterState, Place, Project, Watch
from bot.github import pulls
from bot.jobs import enqueue
from bot.say import say
from bot.sources import INCIDENTS, github_issue
from workers import jobs
from workers.clusters.views import cluster_view, refresh_soon

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
            await begin(ctx, project_id, cluster, pull)
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


async def begin(ctx: Context, project: int, cluster: int, pull: Any) -> None:
    """Once a merge: what came of it stays, however often it is told of."""
    merged = datetime.fromisoformat(pull["merged_at"])
    new = Watch(pull=pull["number"], since=merged, until=merged + WATCH)

    def begun(record: Cluster) -> dict[str, Any]:
        if record.watch and (record.watch.pull, record.watch.since) == (new.pull, new.since):
            return {}
        return {"state": ClusterState.WATCHING, "watch": new, "updated_at": ctx.now()}

    cluster = (await ctx.clusters.get(project, cluster)).number
    await ctx.clusters.update(project, cluster, begun)
    await enqueue(ctx, jobs.judge_watch, project, cluster, delay=WATCH.total_seconds())


async def judge_watch(ctx: Context, project_id: int, cluster: int) -> None:
    """The watch is over: still there means regressed, all else resolved."""
    record = await ctx.clusters.get(project_id, cluster)
    if record.state is not ClusterState.WATCHING or record.watch is None:
        await enqueue(ctx, jobs.tell_watch, project_id, record.number)
        return
    if (left := (record.watch.until - ctx.now()).total_seconds()) > 0:
        raise Unavailable(f"{record.name} is watched until then.", retry_after=left)
    seen = await ctx.overview.by_source(project_id, record.number)
    items = await ctx.items.many(project_id, await ctx.clusters.sample(project_id, record.number))
    since, living = record.watch.since, [item for item in items if not item.gone]
    watch = judged(
        record.watch,
        {source: tally.hours for source, tally in seen.items()},
        over={i.source for i in living if i.recovered_at and i.recovered_at > since},
        still_open=any(i.source in INCIDENTS and not i.recovered_at for i in living),
    )
    there = watch.verdict == "still there"
    await ctx.clusters.change(
        project_id,
        record.number,
        state=ClusterState.REGRESSED if there else ClusterState.RESOLVED,
        watch=watch,
        seen_when_resolved=None if there else sum(tally.total for tally in seen.values()),
        updated_at=ctx.now(),
    )
    await refresh_soon(ctx, project_id)
    await enqueue(ctx, jobs.tell_watch, project_id, record.number)


async def tell_watch(ctx: Context, project_id: int, cluster: int) -> None:
    """Say on the pull request what became of the problem after it was merged."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    readers = project.github_readers
    view = await cluster_view(ctx, project, cluster, readers=readers)
    if watch := view.cluster.watch:
        await say(ctx, project, Place(issue=watch.pull), watch_card(view.cluster, readers=readers))
