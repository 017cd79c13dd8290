"""``help``: the verbs, or one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from bot.domain.audience import Audience
from bot.domain.cards.card import Bullets, Card, Code, Fact, Line, Paragraph, Section
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.commands.grammar import nearest
from bot.domain.commands.rights import level_of
from bot.domain.commands.usage import explanation, summary, usage
from bot.domain.errors import NotUnderstood
from workers.commands.call import Answer, Call


class Help(Command):
    """The verbs you can use here; of one verb: usage, who can, cost, examples."""

    verb = "help"
    aliases = ("h",)
    examples = ("help", "help fix")
    tells_nothing = True

    about: Annotated[str, WORD] = ""


async def run(call: Call, command: Help) -> Answer:
    """Generated from the commands themselves."""
    from workers.commands.verbs import ROSTER

    where = (" in ", Code(call.project.full_name))
    return Answer(help_card(command, ROSTER, level_of(call.role), where, readers=call.readers))


def help_card(
    command: Help,
    roster: Sequence[type[Command]],
    level: Level,
    where: Line = (),
    *,
    readers: Audience,
) -> Card:
    """The verbs of a roster for somebody of this level, or one. Raises NotUnderstood."""
    if not command.about:
        return _all(roster, level, where, readers)
    name = command.about.lower()
    found = next((c for c in roster if name in (c.verb, *c.aliases)), None)
    if found is None:
        near = nearest(name, [c.verb for c in roster])
        hint = f"Did you mean {near}?" if near else "What I know: /soulcaster help"
        raise NotUnderstood(f'I don\'t know "{command.about[:40]}". {hint}')
    return _one(found, level)


def _all(roster: Sequence[type[Command]], level: Level, where: Line, readers: Audience) -> Card:
    mine: tuple[Line, ...] = tuple(
        (Code(usage(c)), f" {summary(c)}") for c in roster if c.level <= level
    )
    others = [c.verb for c in roster if c.level > level]
    return Card(
        key="help",
        audience=readers,
        title=("What you can say", *where),
        sections=(Section(Bullets(*mine)),),
        footer=(
            ("With a higher role also: " + ", ".join(others) + ". ") if others else "",
            "One verb: ",
            Code("/soulcaster help fix"),
            ". Of another repository: ",
            Code("owner/repo status C-12"),
        ),
    )


def _one(command: type[Command], level: Level) -> Card:
    can = "yes" if level >= command.level else "no"
    examples: tuple[Line, ...] = tuple((Code(f"/soulcaster {e}"),) for e in command.examples)
    more = explanation(command)
    return Card(
        key=f"help:{command.verb}",
        audience=Audience.PUBLIC,
        title=(Code(command.verb), f": {summary(command)}"),
        facts=(
            Fact("Usage", Code(usage(command))),
            Fact("Who", f"{command.level.name} (you: {can})"),
            *((Fact("Cost", command.cost),) if command.cost else ()),
            *((Fact("Short", ", ".join(command.aliases)),) if command.aliases else ()),
        ),
        sections=(
            *((Section(Paragraph(more)),) if more else ()),
            Section(Bullets(*examples), title="Examples"),
        ),
    )
