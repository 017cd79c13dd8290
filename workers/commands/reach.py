"""Who asks in Slack, and how the answer gets to them."""

from __future__ import annotations

from bot.context import Context
from bot.domain.commands.command import Level
from bot.domain.commands.rights import Role, level_of
from bot.domain.errors import Rejected
from bot.domain.models import Person, Place, Project
from bot.domain.rooms import Asker, Room, Way, way_back
from bot.say import room_of
from workers.commands.permission import role_of


async def asker_of(ctx: Context, project: Project, person: Person) -> Asker:
    """The person as the project sees them; that GitHub refuses us is a no."""
    if not person.login:
        return Asker()
    try:
        role: Role = await role_of(ctx, project, person)
    except Rejected:
        role = "none"
    return Asker(linked=True, reads=role != "none", works=level_of(role) >= Level.L2)


async def way_of(ctx: Context, project: Project, person: Person, place: Place) -> tuple[Asker, Way]:
    """Who asks, and how they are answered there."""
    if not place.channel:
        return Asker(), way_back(project, place, Room(), Asker())
    asker = await asker_of(ctx, project, person)
    return asker, way_back(project, place, await room_of(ctx, project, place.channel), asker)
