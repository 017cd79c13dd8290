"""What is answered where no project is spoken of: help, linking, and how to go on."""

from __future__ import annotations

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Card, Code, note
from bot.domain.commands.command import Command, Level
from bot.domain.commands.grammar import parse
from bot.domain.commands.rights import HOW_TO_LINK
from bot.domain.errors import NotAllowed, NotUnderstood, UserError
from bot.domain.models import Person
from workers.commands.linking import NOT_OURS, at_home
from workers.commands.verbs import ROSTER
from workers.commands.verbs.anybody import (
    Help,
    Link,
    Unlink,
    Whoami,
    code_card,
    help_card,
    unlinked_card,
)

FOR_STRANGERS: tuple[type[Command], ...] = (Help, Link)


async def to_stranger(ctx: Context, person: Person, line: str) -> Card:
    """The answer to a Slack person who is linked to nobody or of another workspace: how to be
    linked, and nothing of any project."""
    try:
        command = parse(line, FOR_STRANGERS)
    except NotUnderstood:
        words = HOW_TO_LINK if await at_home(ctx, person) else NOT_OURS
        return note("stranger", words, audience=Audience.PUBLIC, tone="refused")
    return await _obeyed(ctx, person, command, FOR_STRANGERS)


async def to_linked(ctx: Context, person: Person, line: str, why_not: UserError) -> Card:
    """The answer to a linked person whose line is about no project that they can read."""
    try:
        command = parse(line, ROSTER)
    except NotUnderstood as error:
        return note("unheard", str(error), audience=Audience.PERSON, tone="refused")
    if not command.tells_nothing:
        return note("unheard", str(why_not), audience=Audience.PERSON, tone="refused")
    return await _obeyed(ctx, person, command, ROSTER)


async def _obeyed(
    ctx: Context, person: Person, command: Command, roster: tuple[type[Command], ...]
) -> Card:
    try:
        match command:
            case Help():
                return help_card(command, roster, Level.L5, readers=Audience.PUBLIC)
            case Link():
                return await code_card(ctx, person, command)
            case Unlink():
                return await unlinked_card(ctx, person)
            case Whoami():
                you = ("You are ", Code(person.login))
                return note("whoami", *you, audience=Audience.PERSON)
            case _:
                raise NotAllowed(f"{command.verb} is about a repository: name it before.")
    except UserError as error:
        return note("unheard", str(error), audience=Audience.PERSON, tone="refused")
