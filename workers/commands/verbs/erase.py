"""``erase``: a person's words."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.card import Action, Code, Fact, Paragraph, Section
from bot.domain.commands.command import REST, Command, Level
from bot.domain.commands.rights import level_of
from bot.domain.errors import NotUnderstood
from workers.clusters.taking_back import erase_words
from workers.commands.call import Answer, Call

LEFT = (
    "What stands on GitHub and in Slack itself is deleted there; pull requests and answers that "
    "quoted it stay as they are. A fix that is under way keeps what it goes by, for 30 days."
)


OTHERS = "{} reports in this name are not proven to be yours: a maintainer can say erase, too"


class Erase(Command):
    """Take a person's words out of reports, plans, commands and memory; it can't be undone.

    Counts stay. Others' words about the person stay, too. Who erases themselves reaches what GitHub
    proves to be theirs; maintainers reach what was reported in that name anywhere.
    """

    verb = "erase"
    calls = "costly"
    level = Level.L4
    examples = ("erase @ana", "erase Jane Doe")
    cost = "yourself: anybody"

    person: Annotated[str, REST] = ""
    confirm: bool = False


def _name(command: Erase) -> str:
    return command.person.strip().lstrip("@")


async def is_own(call: Call, command: Erase) -> bool:
    """Whether somebody erases themselves."""
    mine = call.person.login
    return bool(mine) and call.person.user_id is not None and _name(command).lower() == mine.lower()


async def run_erase(call: Call, command: Erase) -> Answer:
    """What it did, and what is left to others."""
    if not (name := _name(command)):
        raise NotUnderstood("Whose words? erase @ana")
    if not command.confirm:
        again = Action("Erase", f"erase --confirm -- {name}")
        asked = ("Erase the words of ", Code(name), "? It can't be undone.")
        return call.answer(f"erase:{call.said.id}", *asked, tone="pending", actions=(again,))
    own = await is_own(call, command)
    done = await erase_words(
        *(call.ctx, call.project.id, {name}),
        call.person.user_id if own else None,
        proven=own and level_of(call.role) < Level.L4,
    )
    left = (Fact("Left", OTHERS.format(f"{done['others']:,}")),) if done["others"] else ()
    return call.done(
        f"erased:{call.said.id}",
        *("The words of ", Code(name), " are erased"),
        facts=(
            Fact("Reports", f"{done['reports']:,}, with their vectors"),
            Fact("Problems", f"{done['clusters']:,} are worded anew, and the cards that show them"),
            Fact("Commands", f"{done['commands']:,}"),
            Fact("Memory", f"{done['memory']:,} facts and questions; the profile till a refresh"),
            *left,
        ),
        sections=(Section(Paragraph(LEFT)),),
    )
