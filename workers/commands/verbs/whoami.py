"""``whoami``: who Soulcaster takes you for."""

from __future__ import annotations

from bot.domain.cards.card import Card, Code, Fact
from bot.domain.commands.command import Command
from bot.domain.commands.rights import level_of
from workers.commands.call import Answer, Call
from workers.commands.permission import role_of


class Whoami(Command):
    """Your GitHub login, role and level here."""

    verb = "whoami"
    examples = ("whoami",)
    tells_nothing = True


async def run(call: Call, command: Whoami) -> Answer:
    """The role is asked for now, not remembered."""
    person = call.person
    role = await role_of(call.ctx, call.project, person, fresh=True)
    return Answer(
        Card(
            key=f"whoami:{person.login or 'shell'}",
            audience=call.readers,
            title=("You are ", Code(person.login or "the operator of this shell")),
            facts=(
                Fact("Role", f"{role} on {call.project.full_name}"),
                Fact("Level", level_of(role).name),
            ),
        )
    )
