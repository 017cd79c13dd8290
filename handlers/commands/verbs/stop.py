"""``stop``: end a fix run."""

from __future__ import annotations

from typing import Annotated

from bot.domain.card import Code, note
from bot.domain.errors import NotAllowed
from handlers.commands.call import Answer, Call
from handlers.commands.command import WORD, Command, Level
from handlers.commands.permission import level_of, require
from handlers.commands.references import ClusterRef, RunRef


class Stop(Command):
    """Stop a fix run within seconds, also in the middle of a command. Who asked for it may."""

    verb = "stop"
    aliases = ("cancel",)
    examples = ("stop", "stop F-7")
    cost = "needs write, or to be who asked for the run"

    about: Annotated[RunRef | ClusterRef | None, WORD] = None


class _StopOther(Command):
    verb = "stop"
    level = Level.L3


async def run(call: Call, command: Stop) -> Answer:
    """Ask for the stop; the worker that holds the run obeys it."""
    found = await call.run(command.about)
    if found.ended:
        return Answer(note(f"stop:{found.name}", Code(found.name), " has ended already."))
    if call.person.login != found.requested_by and level_of(call.role) < Level.L3:
        role = await require(call.ctx, call.project, call.person, _StopOther)
        if not role:
            raise NotAllowed("Only who asked for the run, or someone with write, may stop it.")
    who = call.person.name
    await call.ctx.runs.update(
        call.project.id,
        found.number,
        lambda r: r if r.stop_asked_by else r.model_copy(update={"stop_asked_by": who}),
    )
    return Answer(
        note(
            f"stop:{found.name}",
            "Stopping ",
            Code(found.name),
            ". Nothing will be published.",
            tone="cancelled",
        )
    )
