"""``stop``: end a fix run."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.card import Code, note
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.commands.references import ClusterRef, RunRef
from bot.domain.errors import NotAllowed
from bot.domain.fixes.run import FixRun
from workers.commands.call import Answer, Call
from workers.commands.permission import level_of, require


class Stop(Command):
    """Stop a fix run within seconds, also in the middle of a command. Who asked for it may.

    Where a next version of its fix is being made, that is stopped.
    """

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
    attempts = await call.ctx.versions.attempts(call.project.id, found.number)
    attempt = next((one for one in attempts if not one.work.ended), None)
    if found.ended and attempt is None:
        return Answer(
            note(
                f"stop:{found.name}", Code(found.name), " has ended already.", audience=call.readers
            )
        )
    asked_by = attempt.work.requested_by if attempt else found.requested_by
    if call.person.login != asked_by and level_of(call.role) < Level.L3:
        role = await require(call.ctx, call.project, call.person, _StopOther)
        if not role:
            raise NotAllowed("Only who asked for the run, or someone with write, may stop it.")
    who = call.person.name

    def stop(run: FixRun) -> FixRun:
        return run if run.stop_asked_by else run.model_copy(update={"stop_asked_by": who})

    if attempt is None:
        await call.ctx.runs.update(call.project.id, found.number, stop)
    else:
        await call.ctx.versions.update(
            call.project.id,
            found.number,
            attempt.key,
            lambda one: one.model_copy(update={"work": stop(one.work)}),
        )
    return Answer(
        note(
            f"stop:{found.name}",
            "Stopping ",
            Code(found.name),
            ". Nothing will be published.",
            audience=call.readers,
            tone="cancelled",
        )
    )
