"""``merge``: several clusters become one."""

from __future__ import annotations

from typing import Annotated

from bot.domain.commands.command import After, Level
from bot.domain.commands.references import ClusterRef
from bot.domain.errors import NotUnderstood
from workers.clusters import corrections
from workers.commands.call import Answer, Call
from workers.commands.correcting import Confirmable, carry_out


class Merge(Confirmable):
    """Make clusters one, after a preview; their numbers lead to it.

    Without into: the cluster spoken of here, else the first one named.
    """

    verb = "merge"
    level = Level.L2
    examples = ("merge C-31 into C-12", "merge C-31 C-40 into C-12", "merge C-31")

    clusters: tuple[ClusterRef, ...]
    into: Annotated[ClusterRef | None, After("into")] = None


async def run(call: Call, command: Merge) -> Answer:
    """A preview, or the merge."""
    into = command.into
    if into is None:
        here = await call.implied()
        if here is None and len(command.clusters) < 2:
            raise NotUnderstood(
                f"Into which? Example: merge {command.clusters[0]} into C-12 (see clusters)"
            )
        into = ClusterRef(here) if here is not None else command.clusters[0]
    sources = tuple(c for c in command.clusters if c != into) or (into,)
    plain = command.model_copy(update={"into": into, "clusters": sources})
    plan = corrections.merging(
        call.ctx, call.project.id, [source.number for source in sources], into.number
    )
    return await carry_out(call, plain, plan)
