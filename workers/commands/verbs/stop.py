"""``stop``: end a fix run."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.card import Code, note
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.commands.references import ClusterRef, RunRef
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.versions import Revision
from workers.commands.call import Answer, Call


class Stop(Command):
    """Stop a fix run within seconds, also in the middle of a command. Who asked for it may.

    Where a next version of its fix is being made, that is stopped.
    """

    verb = "stop"
    aliases = ("cancel",)
    level = Level.L3
    examples = ("stop", "stop F-7")
    cost = "none; who asked for the run may stop it, too"

    about: Annotated[RunRef | ClusterRef | None, WORD] = None


async def requested(call: Call, command: Stop) -> bool:
    """Whether the person asked for what would be stopped."""
    found, attempt = await _meant(call, command)
    work = attempt.work if attempt else found
    return call.person.is_same(work.requested_by, work.requester_id)


async def run(call: Call, command: Stop) -> Answer:
    """Ask for the stop; the worker that holds the run obeys it."""
    found, attempt = await _meant(call, command)
    if found.ended and attempt is None:
        return Answer(
            note(
                f"stop:{found.name}", Code(found.name), " has ended already.", audience=call.readers
            )
        )
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


async def _meant(call: Call, command: Stop) -> tuple[FixRun, Revision | None]:
    """The run, and the attempt at a next version of its fix that is under way."""
    found = await call.run(command.about)
    attempts = await call.ctx.versions.attempts(call.project.id, found.number)
    return found, next((one for one in attempts if not one.work.ended), None)
