"""Keep what is said about a cluster true to what is in it: title, summary, severity, state. Nothing
here waits for the language model: what it wrote is taken as it is stored."""

import asyncio
from typing import Any

from bot.context import Context
from bot.domain.audience import Audience, combined
from bot.domain.cards.views.cluster import ClusterView
from bot.domain.clusters.severity import assess
from bot.domain.clusters.standing import followed, sorted_in, standing_of
from bot.domain.clusters.summary import SummaryInput, extract
from bot.domain.models import Cluster, ClusterState
from bot.jobs import enqueue
from bot.sources import SOURCES, github_issue
from bot.storage.items import DELETED
from workers import jobs
from workers.clusters import summarize
from workers.clusters.views import cluster_view, refresh_soon


async def refresh_cluster(ctx: Context, project_id: int, number: int) -> None:
    """Read the cluster's items again. Run twice, it writes the same."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    view = await cluster_view(ctx, project, number, readers=Audience.TEAM, beside=False)
    said = {**await asyncio.to_thread(said_of, view), **await summarize.written(ctx, project, view)}
    how = standing_of(
        await ctx.clusters.ended(project_id, view.cluster.number),
        issues=view.tally.of(github_issue.NAME),
        reports=view.tally.reports,
    )
    issues = [i for i in view.items if i.source == github_issue.NAME and not i.gone]
    labels = {}
    if any("labels" in issue.tags for issue in issues):
        labels = (await ctx.configs.known(project)).labels

    def decide(record: Cluster) -> dict[str, Any]:
        state = _state(record, view)
        seen = record.model_copy(update=state)
        wanted = {**said, **state, **followed(seen, how, view.tally.total)}
        by_people = sorted_in(record, issues, labels)
        if by_people.get("severity_by", record.severity_by):
            wanted = {k: v for k, v in wanted.items() if not k.startswith("severity")}
        wanted |= by_people
        changed = {name: v for name, v in wanted.items() if getattr(record, name) != v}
        return changed | ({"updated_at": ctx.now()} if changed else {})

    after = await ctx.clusters.update(project_id, view.cluster.number, decide)
    await refresh_soon(ctx, project_id, *{number, after.number})
    if after.watch and after.state is ClusterState.REGRESSED is not view.cluster.state:
        await enqueue(ctx, jobs.tell_watch, project_id, after.number)


def said_of(view: ClusterView) -> dict[str, Any]:
    """Title, summary and severity as fields of the cluster, from items that still have words."""
    living = [item for item in view.items if not item.gone]
    alerts = {name for name, source in SOURCES.items() if source.KIND == "alert"}
    # No stranger's report changes a title: monitoring's does, and what was before the app came.
    told = [
        SummaryInput(i.number, i.title, i.body, i.history or i.source in alerts) for i in living
    ]
    summary = extract(told, view.cluster.title)
    firsts: dict[tuple[str, Audience], int] = {}
    for item in living:
        firsts.setdefault((item.source, item.audience), item.number)
    assessed = assess(
        texts=[f"{i.title}\n{i.body}" for i in living],
        people=view.people,
        counts=view.tally.hours,
        now=int(view.now.timestamp() // 3600),
        levels=[i.level for i in living],
        alerting=any(i.source in alerts for i in living),
    )
    said: dict[str, Any] = {
        "audience": combined(Audience.PUBLIC, *(item.audience for item in living)),
        "severity": assessed.severity,
        "severity_reasons": assessed.reasons,
        "trend": assessed.trend.sentence,
        "shown_by": tuple(sorted(firsts.values())),
    }
    if living:
        said |= {"title": summary.title, "summary": summary.sentences}
    else:
        said |= {"title": DELETED, "summary": ()}
    return said


def _state(record: Cluster, view: ClusterView) -> dict[str, Any]:
    """A snooze that is over, or a resolved problem that was seen again."""
    if record.state is ClusterState.RESOLVED:
        if record.seen_when_resolved is None:
            return {"seen_when_resolved": view.tally.total}
        if view.tally.total > record.seen_when_resolved:
            return {"state": ClusterState.REGRESSED, "seen_when_resolved": None}
    elif record.state is ClusterState.SNOOZED:
        until, events = record.snoozed_until, record.snoozed_events
        if (until and until <= view.now) or (events is not None and view.tally.total >= events):
            return {"state": ClusterState.TRIAGED, "snoozed_until": None, "snoozed_events": None}
    elif record.seen_when_resolved is not None:
        return {"seen_when_resolved": None}
    return {}
