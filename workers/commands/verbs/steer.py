"""``steer``: a word to the run that is under way."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.card import Code, note
from bot.domain.commands.command import REST, WORD, Command, Level
from bot.domain.commands.references import ClusterRef, RunRef
from bot.domain.errors import NotFound
from workers.commands.call import Answer, Call


class Steer(Command):
    """Tell the running agent something; it is heard before its next step."""

    verb = "steer"
    aliases = ("say",)
    level = Level.L3
    examples = ("steer the bug is in the parser, not in the printer",)

    about: Annotated[RunRef | ClusterRef | None, WORD] = None
    text: Annotated[str, REST]


async def run(call: Call, command: Steer) -> Answer:
    """Add a note to the run."""
    found = await call.run(command.about)
    if found.ended:
        raise NotFound(f"{found.name} has ended: /soulcaster fix C-{found.cluster} starts another.")
    call.require_for(found.audience, command.text)
    await call.ctx.runs.note(call.project.id, found.number, call.person.name, command.text)
    return Answer(
        note(
            f"steer:{call.said.id}",
            "Noted for ",
            Code(found.name),
            ".",
            audience=call.readers,
            tone="succeeded",
        )
    )
