"""``config``: what is in force here, and who says so."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from typing_extensions import override

from bot.domain.audience import Audience
from bot.domain.cards.card import Bullets, Card, Code, Line, Said, Section, Table
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.errors import ConfigError, NotUnderstood
from bot.project_config import Origin
from bot.repo_config import PATH
from workers.commands.call import Answer, Call


class Config(Command):
    """See each setting in force and who set it, or check .github/soulcaster.yml for mistakes."""

    verb = "config"
    examples = ("config show", "config show fix", "config validate")
    cost = "show: L0; validate: L4"

    what: Annotated[Literal["show", "validate"], WORD] = "show"
    key: Annotated[str, WORD] = ""

    @property
    @override
    def needs(self) -> Level:
        """What is in force is no secret to who reads here."""
        return Level.L0 if self.what == "show" else Level.L4


async def run_config(call: Call, command: Config) -> Answer:
    """From GitHub, as it is now."""
    call.require_own()
    configs = call.ctx.configs
    if command.what == "validate":
        try:
            await configs.written(call.project)
        except ConfigError as error:
            said: tuple[Line, ...] = tuple((Said(line),) for line in str(error).splitlines())
            return call.answer(
                "config",
                Code(PATH),
                " has mistakes; the last good one stays in force.",
                tone="failed",
                sections=(Section(Bullets(*said)),),
            )
        return call.answer("config", Code(PATH), " is right.", tone="succeeded")
    origins = [
        each
        for each in await configs.origins(call.project)
        if command.key in ("", each.key) or each.key.startswith(f"{command.key}.")
    ]
    if words := await call.ctx.digests.schedule(call.project.id):
        chosen = Origin("digest.schedule", words, "digest schedule, said in a chat")
        origins = [chosen if each.key == chosen.key else each for each in origins]
    if not origins:
        raise NotUnderstood(f"{command.key} is no key of {PATH}.")
    return Answer(config_card(call.readers, origins, whole=call.person.operator))


def config_card(readers: Audience, origins: list[Origin], *, whole: bool) -> Card:
    """Every key with its value and who says so; what nobody says, at the end. What the owner's
    private repository says is told in ``whole`` to the operator alone: others read the answer."""
    rows: tuple[tuple[Line, ...], ...] = tuple(
        (
            (Code(each.key),),
            (Code(_shown(each.value)) if whole or not each.private else "set by the organisation",),
            (each.where or "default",),
        )
        for each in sorted(origins, key=lambda each: (not each.where, each.key))
    )
    return Card(
        key="config",
        audience=readers,
        title=("What is in force here",),
        sections=(Section(Table(header=("Key", "Value", "From"), rows=rows)),),
    )


def _shown(value: object) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, default=str)
