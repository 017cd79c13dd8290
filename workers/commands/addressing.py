"""Which project a line in Slack speaks of, and what is answered where it speaks of none. Nobody is
told of one that they cannot read."""

from dataclasses import dataclass

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Card, Choice, Code, note
from bot.domain.commands.command import Command, Level
from bot.domain.commands.grammar import parse, project_in
from bot.domain.commands.rights import HOW_TO_LINK
from bot.domain.errors import NotAllowed, NotFound, NotUnderstood, UserError
from bot.domain.models import Person, Place, Project
from workers.clusters.channels import owners
from workers.commands.call import Ambiguous
from workers.commands.permission import NOT_OURS, asker_of, at_home
from workers.commands.verbs import ROSTER, anybody


@dataclass(frozen=True, slots=True)
class Press:
    """What a pressed button and its message say of their project, 0 for nothing. Slack sends no
    message along with a button that only its reader saw."""

    button: int
    message: int
    whispered: bool


async def project_of(
    ctx: Context, person: Person, place: Place, line: str, press: Press | None = None
) -> Project:
    """The project named in the line; else that of the button, of the thread, of the channel, or
    the only one there is. Raises NotFound, NotAllowed, or Ambiguous with choices."""
    name, rest = project_in(line)
    pressed = await _pressed(ctx, place, rest, press) if press and not name else 0
    if name or pressed:
        project = await _named(ctx, name) if name else await ctx.projects.find(pressed)
        if project and press and press.button not in (0, project.id):
            raise NotAllowed("This button is another repository's: nothing was done.")
        if project is not None and (await asker_of(ctx, project, person)).reads:
            return project
        raise NotFound(f"There is no {name or 'project'} here that you can read.")
    spoken = await ctx.channels.about(place.channel, place.thread)
    ours = await ctx.projects.find(spoken.project) if spoken else None
    found = [ours] if ours else await owners(ctx, place.channel)
    if not found and len(everything := await ctx.projects.all()) == 1:
        found = everything
    found = [project for project in found if (await asker_of(ctx, project, person)).reads]
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound(
            "Nothing that you can read is spoken of here. Name a repository: "
            "owner/repo status; who maintains it can say owner/repo channel bind here."
        )
    raise Ambiguous(
        f"Which repository? Say for example: {found[0].full_name} {rest}",
        tuple(
            Choice(Code(each.full_name), sentence=f"{each.full_name} {rest}") for each in found[:5]
        ),
    )


async def _pressed(ctx: Context, place: Place, sentence: str, press: Press) -> int:
    """The one project that button, message and our own record name. Raises NotAllowed."""
    named = {press.button}
    if not press.whispered:
        named.add(press.message)
        if spoken := await ctx.channels.about(place.channel, place.message):
            named.add(spoken.project)
    if len(named) > 1 or 0 in named:
        raise NotAllowed(
            f"This button does not say for sure which repository it is about, so nothing was "
            f"done. Say it: owner/repo {sentence}"
        )
    return named.pop()


async def _named(ctx: Context, name: str) -> Project | None:
    try:
        return await ctx.projects.named(name)
    except NotFound:
        return None


FOR_STRANGERS: tuple[type[Command], ...] = (anybody.Help, anybody.Link)


async def to_stranger(ctx: Context, person: Person, line: str) -> Card:
    """The answer to a Slack person who is linked to nobody or of another workspace: how to be
    linked, and nothing of any project."""
    try:
        command = parse(line, FOR_STRANGERS)
    except NotUnderstood:
        words = HOW_TO_LINK if await at_home(ctx, person) else NOT_OURS
        return note("stranger", words, audience=Audience.PUBLIC, tone="refused")
    return await _answered(ctx, person, command, FOR_STRANGERS)


async def to_linked(ctx: Context, person: Person, line: str, why_not: UserError) -> Card:
    """The answer to a linked person whose line is about no project that they can read."""
    try:
        command = parse(line, ROSTER)
    except NotUnderstood as error:
        return note("unheard", str(error), audience=Audience.PERSON, tone="refused")
    if not command.tells_nothing:
        return note("unheard", str(why_not), audience=Audience.PERSON, tone="refused")
    return await _answered(ctx, person, command, ROSTER)


async def _answered(
    ctx: Context, person: Person, command: Command, roster: tuple[type[Command], ...]
) -> Card:
    try:
        match command:
            case anybody.Help():
                return anybody.help_card(command, roster, Level.L5, readers=Audience.PUBLIC)
            case anybody.Link():
                return await anybody.code_card(ctx, person, command)
            case anybody.Unlink():
                return await anybody.unlinked_card(ctx, person)
            case anybody.Whoami():
                you = ("You are ", Code(person.login))
                return note("whoami", *you, audience=Audience.PERSON)
            case _:
                raise NotAllowed(f"{command.verb} is about a repository: name it before.")
    except UserError as error:
        return note("unheard", str(error), audience=Audience.PERSON, tone="refused")
