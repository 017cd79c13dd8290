"""``undo``: a correction is taken back, exactly."""

from __future__ import annotations

from typing import Annotated

from bot.domain.commands.command import WORD, Command, Level
from bot.domain.commands.references import IssueRef
from workers.clusters import corrections
from workers.commands.call import Answer, Call
from workers.commands.correcting import carry_out


class Undo(Command):
    """Take the last correction back, or the one named: every report returns to where it was.

    The last one is that of the cluster spoken of here, where there is one.
    """

    verb = "undo"
    level = Level.L2
    examples = ("undo", "undo 7")

    operation: Annotated[IssueRef | int | None, WORD] = None


async def run(call: Call, command: Undo) -> Answer:
    """The inverse, or what blocks it."""
    named = command.operation
    number = named.number if isinstance(named, IssueRef) else named
    here = await call.implied() if number is None else None
    plan = corrections.undoing(call.ctx, call.project.id, number, here)
    return await carry_out(call, command, plan, ask="never")
