"""``revise``: the next version of a fix."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.views.version import handover_card
from bot.domain.commands.command import TEXT, WORD, Command, Level
from bot.domain.commands.references import ClusterRef, RunRef
from bot.domain.errors import NotUnderstood
from bot.domain.fixes.versions import Remark
from workers.commands.call import Answer, Call
from workers.commands.published import published
from workers.commands.requests import request_version
from workers.fixes import revise


class Revise(Command):
    """Work on a fix again, as you say or as its reviews ask, and push it as the next version.

    Without words, reviews that request changes and were not taken up yet are what is asked.
    """

    verb = "revise"
    level = Level.L3
    examples = ("revise -- keep the old name as an alias", "revise F-7")

    about: Annotated[RunRef | ClusterRef | None, WORD] = None
    text: Annotated[str, TEXT] = ""


async def run(call: Call, command: Revise) -> Answer:
    """Write the attempt down and have it made."""
    ctx, project = call.ctx, call.project
    found = await published(call, command.about)
    call.require_for(found.audience, command.text)
    await revise.require_open(ctx, project, found)
    if await revise.handed_over(ctx, project, found):
        return Answer(handover_card(found), public=True)
    if command.text:
        words, remarks = [command.text], list[Remark]()
    else:
        words, remarks = await revise.standing(ctx, project, found)
    if not words and not remarks:
        raise NotUnderstood(
            "Say what should change: /soulcaster revise -- handle an empty list, too"
        )
    return await request_version(call, found, "revise", words=words, remarks=remarks)
