"""``logs``: the last lines of a run, redacted."""

from __future__ import annotations

from typing import Annotated

from bot.domain.audience import combined
from bot.domain.cards.card import Card, Code, Paragraph, Preformatted, Section
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.commands.references import ClusterRef, RunRef
from workers.commands.call import Answer, Call


class Logs(Command):
    """The last lines of a fix run."""

    verb = "logs"
    level = Level.L3
    examples = ("logs F-7",)

    about: Annotated[RunRef | ClusterRef | None, WORD] = None


async def run(call: Call, command: Logs) -> Answer:
    """The newest sixty lines."""
    found = await call.run(command.about)
    lines = await call.ctx.runs.log_tail(call.project.id, found.number)
    block = Preformatted(text="\n".join(lines)) if lines else Paragraph("Nothing yet.")
    return Answer(
        Card(
            key=f"logs:{found.name}",
            audience=combined(found.audience, call.readers),
            title=("Log of ", Code(found.name)),
            sections=(Section(block),),
        )
    )
