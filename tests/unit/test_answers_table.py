"""Every verb through every door by everybody: who reads the answer, against who may.

What may be read by whom is said here in sets of people, and nothing of the product's own way of
deciding is used to say it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest

from bot.domain.audience import Audience, may_read
from bot.domain.commands.command import Command
from bot.domain.commands.grammar import parse
from bot.domain.commands.rights import require_door
from bot.domain.errors import NotAllowed
from bot.domain.models import Place, Project
from bot.domain.rooms import Asker, Room, readers_in, way_back
from workers.commands.addressing import FOR_STRANGERS
from workers.commands.verbs import ROSTER


@dataclass(frozen=True)
class Somebody:
    """``role`` is on the repository, "" where no GitHub account is known or counts."""

    name: str
    role: str = ""
    ours: bool = True

    @property
    def has_role(self) -> bool:
        return self.role not in ("", "none")


ROLES = ("none", "read", "triage", "write", "maintain", "admin")
LINKED = tuple(Somebody(f"linked {role}", role) for role in ROLES)
UNLINKED, GUEST = Somebody("unlinked"), Somebody("guest, unlinked")
GUEST_LINKED = Somebody("guest, linked", "read")
FOREIGN = Somebody("of another workspace", ours=False)
CONNECT = Somebody("Slack Connect", ours=False)
PUBLIC_AT_LARGE = Somebody("anybody on the internet")
IN_SLACK = (*LINKED, UNLINKED, GUEST, GUEST_LINKED, FOREIGN, CONNECT)
EVERYBODY = frozenset({*IN_SLACK, PUBLIC_AT_LARGE})
IN_CHANNEL = frozenset({*LINKED, UNLINKED, GUEST, GUEST_LINKED})

ROOMS = {
    "own": Room(own=True),
    "own, shared": Room(own=True, shared=True),
    "nobody's": Room(),
    "nobody's, shared": Room(shared=True),
}
SLACK_DOORS = {
    "slash": Place(channel="C1", response_url="https://hooks.slack.com/x"),
    "mention": Place(channel="C1", thread="1.1", message="1.1", public=True),
    "thread": Place(channel="C1", thread="1.0", message="1.1", public=True),
    "button": Place(channel="C1", thread="1.0", message="1.0"),
}
PRIVATE = Project(id=1, installation=1, full_name="acme/shop", private=True)
OPEN = PRIVATE.model_copy(update={"private": False})

# Each verb as each of its examples says it, and without words where that is a command.
COMMANDS = {line: parse(line, ROSTER) for verb in ROSTER for line in verb.examples}


def may(project: Project, text: Audience, room: Room) -> frozenset[Somebody]:
    """Who may read a text: GitHub's readers, and who works on it; whoever decides for the project
    lets the people of its own channel read along, unless other companies are in it."""
    if text is Audience.PERSON:
        return frozenset()
    if text is Audience.PUBLIC or (text is Audience.PROJECT and not project.private):
        return EVERYBODY
    if project.private:
        theirs = frozenset(one for one in EVERYBODY if one.has_role)
    else:
        theirs = frozenset(one for one in EVERYBODY if one.has_role and one.role != "read")
    return theirs | (IN_CHANNEL if room.own and not room.shared else frozenset())


def sees(asker: Somebody, room: Room, *, posted: bool) -> frozenset[Somebody]:
    """Who reads what is posted in a channel, or whispered."""
    if not posted:
        return frozenset({asker})
    return IN_CHANNEL | (frozenset({CONNECT}) if room.shared else frozenset())


def as_asked(somebody: Somebody, project: Project) -> Asker:
    """What the product knows of them. GitHub says "read" for anybody of a public repository."""
    role = "read" if somebody.role == "none" and not project.private else somebody.role
    linked = somebody.ours and bool(somebody.role)
    return Asker(
        linked=linked,
        reads=linked and role != "none",
        works=linked and role not in ("none", "read"),
    )


def refused(command: Command, place: Place, asker: Asker) -> bool:
    if not asker.linked and place.channel and not isinstance(command, FOR_STRANGERS):
        return True  # workers.hearing.slack: told how to link
    try:
        require_door(command, place, asker)
    except NotAllowed:
        return True
    return False


def must_be_refused(command: Command, somebody: Somebody, project: Project) -> bool:
    """Who is not known to us hears of help and linking; who cannot read it, nothing of it."""
    if not (somebody.ours and somebody.role):
        return not isinstance(command, FOR_STRANGERS)
    reads = somebody.has_role or not project.private
    return not reads and not command.tells_nothing


@pytest.mark.parametrize("project", [PRIVATE, OPEN], ids=["private", "public"])
@pytest.mark.parametrize("where", ROOMS)
def test_no_answer_in_slack_reaches_who_may_not_read_it(project: Project, where: str) -> None:
    room, wrong_allows, wrong_refusals = ROOMS[where], [], []
    for (line, command), (door, place), who in product(
        COMMANDS.items(), SLACK_DOORS.items(), IN_SLACK
    ):
        cell, asker = (line, door, who.name), as_asked(who, project)
        if refused(command, place, asker) != must_be_refused(command, who, project):
            wrong_refusals.append(cell)
        if refused(command, place, asker) or command.tells_nothing:
            continue
        way = way_back(project, place, room, asker)
        if not sees(who, room, posted=way.posted) <= may(project, way.readers, room):
            wrong_allows.append(cell)
        # What a verb wants everybody there to see is posted only where they all may read it.
        for text in Audience:
            posted = may_read(readers_in(project, room), text)
            if posted and not sees(who, room, posted=True) <= may(project, text, room):
                wrong_allows.append((*cell, text))
        # Nobody is kept from what they may read by themselves.
        if who in may(project, Audience.TEAM, room) and way.readers is not Audience.TEAM:
            wrong_refusals.append(cell)
    assert (wrong_allows, wrong_refusals) == ([], [])


@pytest.mark.parametrize("project", [PRIVATE, OPEN], ids=["private", "public"])
def test_no_answer_on_github_reaches_who_may_not_read_it(project: Project) -> None:
    there = frozenset(one for one in EVERYBODY if one.has_role) if project.private else EVERYBODY
    for line, command in COMMANDS.items():
        place = Place(issue=7, comment=9)
        for somebody in LINKED:
            asker = as_asked(somebody, project)
            way = way_back(project, place, Room(), asker)
            assert there <= may(project, way.readers, Room()), line
            secret = line.startswith(
                (
                    "source add",
                    "source rotate",
                    "source secret",
                    "source test",
                    "token new",
                    "key set",
                )
            ) or line in ("link", "export")
            assert refused(command, place, asker) == (secret and " r/" not in line), line


def test_the_shell_refuses_nothing_and_is_the_operators() -> None:
    for command in COMMANDS.values():
        assert not refused(command, Place(), Asker())
    assert way_back(PRIVATE, Place(), Room(), Asker()).readers is Audience.TEAM


def test_every_verb_is_in_the_table() -> None:
    assert {type(command) for command in COMMANDS.values()} == set(ROSTER)
