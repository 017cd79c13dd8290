"""``split``: reports that are another problem get a cluster of their own."""

from __future__ import annotations

from typing import Annotated, Literal

from bot.domain.commands.command import WORD, Level
from bot.domain.commands.references import ClusterRef, ItemRef
from bot.domain.errors import NotUnderstood
from workers.clusters import corrections
from workers.commands.call import Answer, Call
from workers.commands.correcting import Confirmable, carry_out


class Split(Confirmable):
    """Part reports from their cluster, after a preview; they stay apart on later clustering.

    Name the reports, or say what to go by: auto parts the cluster where it is least alike.
    """

    verb = "split"
    level = Level.L2
    examples = ("split I-1 I-2", "split --by=source", "split C-12 --by=auto")

    items: Annotated[tuple[ItemRef, ...], WORD] = ()
    cluster: Annotated[ClusterRef | None, WORD] = None
    by: Literal["source", "release", "auto"] | None = None


async def run(call: Call, command: Split) -> Answer:
    """A preview, or the split."""
    ctx, project = call.ctx, call.project.id
    if command.items and command.by is None:
        plan = corrections.splitting(ctx, project, [item.number for item in command.items])
        return await carry_out(call, command.model_copy(update={"cluster": None}), plan)
    if command.items or command.by is None:
        raise NotUnderstood(
            "split wants either reports or what to go by. Example: split I-1 I-2, "
            "or split C-12 --by=source"
        )
    cluster = await call.cluster(command.cluster)
    plain = command.model_copy(update={"cluster": ClusterRef(cluster.number)})
    plan = corrections.splitting_by(ctx, project, cluster.number, command.by)
    return await carry_out(call, plain, plan)
