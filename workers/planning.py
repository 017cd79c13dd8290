"""Plans: versioned, steered by people."""

from __future__ import annotations

from collections.abc import Sequence

from bot.context import Context
from bot.domain.models import Cluster, Item, Project
from bot.domain.plan import Plan, extract_plan


async def plan_for(
    ctx: Context,
    project: Project,
    cluster: Cluster,
    *,
    steer: str = "",
    notes: Sequence[str] = (),
    public: bool = False,
    items: Sequence[Item] | None = None,
) -> Plan:
    """The plan as the evidence stands; a new steering note makes the next version.

    ``items`` are the reports to go by, by default those of the cluster now. A ``public`` plan
    quotes no private report.
    """
    said = await ctx.plans.steering(project.id, cluster.number)
    if steer and steer not in said:
        await ctx.plans.steer(project.id, cluster.number, steer)
        said = [*said, steer]
    if items is None:
        members = await ctx.clusters.members(project.id, cluster.number)
        items = await ctx.items.many(project.id, members)
    return extract_plan(
        cluster,
        [item for item in items if not item.gone and not (public and item.private)],
        steering=(*said, *notes),
        version=len(said) + 1,
    )
