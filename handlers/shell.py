"""``soulcaster say``: the grammar in the shell, as the operator."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from bot.context import open_context
from bot.domain.audience import Audience
from bot.domain.models import Person, Place
from bot.render import render_markdown
from bot.settings import Settings
from bot.storage.commands import Utterance
from workers.commands.obey import answer_to
from workers.hearing.slack import project_of


@dataclass(frozen=True, slots=True)
class Spoken:
    """What to print, and whether it went well."""

    text: str
    ok: bool


async def say_in_shell(settings: Settings, sentence: str, project_name: str) -> Spoken:
    """Obey a sentence. Raises NotFound for an unknown project."""
    async with open_context(settings) as ctx:
        project = (
            await ctx.projects.named(project_name)
            if project_name
            else await project_of(ctx, Place())
        )
        said = Utterance(
            id=secrets.token_hex(10),
            project=project.id,
            line=sentence,
            audience=Audience.TEAM,
            person=Person(operator=True),
            place=Place(),
            heard_at=ctx.now(),
        )
        answer, outcome = await answer_to(ctx, project, said)
        text = render_markdown(answer.card).split("\n", 1)[1].strip()
        return Spoken(text, outcome == "done")
