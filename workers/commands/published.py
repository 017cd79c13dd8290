"""The fix that a command about versions means."""

from __future__ import annotations

from bot.domain.commands.references import ClusterRef, RunRef
from bot.domain.errors import NotFound
from bot.domain.fixes.run import FixRun
from workers.commands.call import Call


async def published(call: Call, ref: RunRef | ClusterRef | None) -> FixRun:
    """The run named, that of the pull request here, or the cluster's newest with one.

    Raises NotFound when it has no pull request.
    """
    found: FixRun | None
    if isinstance(ref, RunRef):
        found = await call.ctx.runs.get(call.project.id, ref.number)
        name = found.name
    else:
        here = call.place.issue if ref is None else None
        found = await call.ctx.runs.of_pull(call.project.id, here) if here else None
        if found is None:
            cluster = await call.cluster(ref)
            runs = [r for r in await call.ctx.runs.all(call.project.id) if r.pull_request]
            found = next((r for r in runs if r.cluster == cluster.number), None)
            name = cluster.name
        else:
            name = found.name
    if found is None or found.pull_request is None:
        raise NotFound(f"{name} has no pull request yet: /soulcaster fix starts one.")
    return found
