"""Keep what is said about a cluster true to what is in it: title, summary, severity, state."""

from __future__ import annotations

from typing import Any

from bot.context import Context
from bot.domain.models import Cluster, ClusterState
from bot.jobs import job
from bot.storage.items import DELETED
from workers import digest


@job(timeout=60)
async def refresh_cluster(ctx: Context, project_id: int, number: int) -> None:
    """Read the cluster's items again. Run twice, it writes the same."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    view = await digest.cluster_view(ctx, project, number, public=False)
    living = [item for item in view.items if not item.gone]

    def decide(record: Cluster) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        title = living[0].title if living else DELETED
        if record.title != title:
            fields["title"] = title
        if state := _awakened(record, view.total, ctx):
            fields |= {"state": state, "snoozed_until": None, "snoozed_events": None}
        return fields | ({"updated_at": ctx.now()} if fields else {})

    await ctx.clusters.update(project_id, view.cluster.number, decide)
    await digest.refresh_soon(ctx, project_id)


def _awakened(record: Cluster, total: int, ctx: Context) -> ClusterState | None:
    if record.state is ClusterState.SNOOZED and (
        (record.snoozed_until is not None and record.snoozed_until <= ctx.now())
        or (record.snoozed_events is not None and total >= record.snoozed_events)
    ):
        return ClusterState.TRIAGED
    return None
