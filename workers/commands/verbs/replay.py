"""``replay``: run again what was given up."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.card import Bullets, Code, Line, Section
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.errors import NotFound
from workers.commands.call import Answer, Call


class Replay(Command):
    """Run again what was given up here in the last 30 days: the one of a reference, or all.

    What came in and could not be read at all is no project's yet: the operator runs that again.
    """

    verb = "replay"
    level = Level.L4
    examples = ("replay e-7F3A", "replay")

    reference: Annotated[str, WORD] = ""


async def run(call: Call, command: Replay) -> Answer:
    """Only this project's; what went wrong is told to the operator alone."""
    again = await call.ctx.jobs.replay(command.reference, project=call.project.id)
    if not again:
        raise NotFound(f"There is no {command.reference or 'job'} here that was given up.")
    lines: tuple[Line, ...] = tuple(
        (Code(one.name.partition(" ")[0]), f" of {one.at:%d %b %H:%M} UTC, ", Code(one.reference))
        for one in again
    )
    return call.answer(
        f"replay:{call.said.id}",
        "Run again:",
        tone="succeeded",
        sections=(Section(Bullets(*lines)),),
    )
