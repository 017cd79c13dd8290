"""Whether a command may be given through a door at all, before anything is done."""

from __future__ import annotations

from bot.domain.commands.command import Command
from bot.domain.errors import NotAllowed
from bot.domain.models import Place
from bot.domain.rooms import Asker

HOW_TO_LINK = (
    "I answer people whose Slack account is linked to their GitHub account: say /soulcaster link."
)
NOTHING_TO_READ = "There is no repository here that you can read."


def require_door(command: Command, place: Place, asker: Asker) -> None:
    """Raises NotAllowed where the answer would be read by others than who may, with what would do.

    In Slack nobody is told anything of a project that they cannot read.
    """
    if place.issue is not None and command.answers_asker:
        raise NotAllowed(
            f"The answer to {command.verb} is for you alone, and everybody reads it here: say it "
            "in Slack, where only you will see it, or in the shell."
        )
    if place.channel and not command.tells_nothing and not asker.reads:
        raise NotAllowed(NOTHING_TO_READ if asker.linked else HOW_TO_LINK)
