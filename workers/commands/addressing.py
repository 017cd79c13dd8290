"""Which project a line in Slack speaks of. Nobody is told of one that they cannot read."""

from __future__ import annotations

from dataclasses import dataclass

from bot.context import Context
from bot.domain.cards.card import Choice, Code
from bot.domain.commands.grammar import project_in
from bot.domain.errors import NotAllowed, NotFound
from bot.domain.models import Person, Place, Project
from workers.clusters.channels import owners
from workers.commands.call import Ambiguous
from workers.commands.permission import asker_of


@dataclass(frozen=True, slots=True)
class Press:
    """What a pressed button and its message say of their project, 0 for nothing.

    Slack sends no message along with a button that only its reader saw.
    """

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
