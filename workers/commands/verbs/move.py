"""``move``: one report goes to another cluster, and stays there."""

from __future__ import annotations

from typing import Annotated, Literal

from bot.domain.commands.command import After, Level
from bot.domain.commands.references import ClusterRef, ItemRef
from workers.clusters import corrections
from workers.commands.call import Answer, Call
from workers.commands.correcting import Confirmable, carry_out


class Move(Confirmable):
    """Put a report into another cluster or a new one, after a preview; it stays there."""

    verb = "move"
    level = Level.L2
    examples = ("move I-345 to C-12", "move I-345 to new")

    item: ItemRef
    to: Annotated[ClusterRef | Literal["new"], After("to")]


async def run(call: Call, command: Move) -> Answer:
    """A preview, or the move."""
    to = command.to.number if isinstance(command.to, ClusterRef) else None
    plan = corrections.moving(call.ctx, call.project.id, command.item.number, to)
    return await carry_out(call, command, plan)
