"""``revert``: back to an earlier version of a fix."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.views.version import handover_card
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.commands.references import ClusterRef, RunRef, VersionRef
from bot.domain.errors import NotUnderstood
from bot.domain.fixes.versions import version_of
from workers.commands.call import Answer, Call
from workers.commands.published import published
from workers.commands.requests import request_version
from workers.fixes import revise


class Revert(Command):
    """Go back to an earlier version by a new commit on top, proved again before it is pushed."""

    verb = "revert"
    level = Level.L3
    examples = ("revert v1", "revert v2 F-7")

    version: VersionRef
    about: Annotated[RunRef | ClusterRef | None, WORD] = None


async def run(call: Call, command: Revert) -> Answer:
    """Write the attempt down and have it made."""
    ctx, project = call.ctx, call.project
    found = await published(call, command.about)
    versions = await ctx.versions.all(project.id, found)
    wanted = version_of(versions, command.version.number)
    if wanted.number == versions[-1].number:
        raise NotUnderstood(f"{wanted.name} is what the branch has.")
    await revise.require_open(ctx, project, found)
    if await revise.handed_over(ctx, project, found):
        return Answer(handover_card(found), public=True)
    return await request_version(call, found, "revert", restores=wanted.number)
