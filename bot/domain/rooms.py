"""Where something is said: who reads there, and how an answer gets to whom it is for.

**Invariant:** about a project the bot posts only in the project's own Slack channels; elsewhere it
whispers to who asked, and only what they may read by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bot.domain.audience import Audience
from bot.domain.models import Place, Project

# How a channel stands with a project that wants to be spoken of there.
Standing = Literal[
    "offered", "unasked", "bound", "released", "taken", "closed", "archived", "deleted"
]
# ``{invite}`` is how who is there lets the app in.
WAITS: Mapping[Standing, str] = {
    "offered": "waits until somebody with maintain presses Confirm in it",
    "unasked": "waits until somebody with maintain says channel bind in it",
    "taken": "belongs to somebody else",
    "closed": "cannot be posted in: {invite} there",
    "archived": "is archived: unarchive it, or say channel bind in another one",
    "deleted": "was deleted: say channel bind in another one",
}


@dataclass(frozen=True, slots=True)
class Room:
    """A Slack conversation as one project sees it. ``own``: somebody who decides for the project
    said that it is spoken of there. ``shared``: people of other companies read along (Slack
    Connect)."""

    own: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks in Slack, as one project sees them. ``linked``: of our workspace, with a GitHub
    account. ``reads``: they can read the repository; ``works``: they have a role beyond that."""

    linked: bool = False
    reads: bool = False
    works: bool = False


class Way(NamedTuple):
    """What an answer may hold, and whether it is for all to see where it was asked for."""

    readers: Audience
    posted: bool


def readers_in(project: Project, room: Room) -> Audience:
    """Who reads what is posted there."""
    if room.own and not room.shared:
        return Audience.TEAM
    return Audience.PROJECT if room.own and not project.private else Audience.PUBLIC


def way_back(project: Project, place: Place, room: Room, asker: Asker) -> Way:
    """How a command is answered: a comment; a message in the project's own channel where it was
    said for all to see; else a whisper."""
    if place.issue is not None:
        return Way(project.github_readers, posted=True)
    if not place.channel:
        return Way(Audience.TEAM, posted=False)
    if place.public and readers_in(project, room) is Audience.TEAM:
        return Way(Audience.TEAM, posted=True)
    return Way(_whispered(project, room, asker), posted=False)


def _whispered(project: Project, room: Room, asker: Asker) -> Audience:
    """Everybody reads a public repository, so there that alone opens no private report, except
    where the project's own channel shows them anyway."""
    if not asker.reads:
        return Audience.PUBLIC
    at_home = room.own and not room.shared
    return Audience.TEAM if project.private or asker.works or at_home else Audience.PROJECT
