"""``soulcaster say``: the grammar in the shell, as the operator."""

from dataclasses import dataclass

from bot.context import Context
from bot.domain.cards.card import Card
from bot.domain.commands.grammar import project_in
from bot.domain.errors import NotFound
from bot.domain.models import Person, Project
from bot.render import render_markdown
from bot.settings import Settings
from handlers.begin import begin
from workers.commands.answering import answer_at_once


async def project_of(ctx: Context, name: str) -> Project:
    """The project named, or the only one. Raises NotFound with the names there are."""
    if name:
        return await ctx.projects.named(name)
    projects = await ctx.projects.all()
    if len(projects) == 1:
        return projects[0]
    names = ", ".join(project.full_name for project in projects) or "none yet"
    raise NotFound(f"Which repository? Say --project owner/repo. Installed on: {names}.")


@dataclass(frozen=True, slots=True)
class Spoken:
    """What to print, and whether it went well."""

    text: str
    ok: bool


async def say_in_shell(
    settings: Settings, sentence: str, project_name: str, secret: str = ""
) -> Spoken:
    """Obey a sentence, with the ``secret`` it asked for. Raises NotFound for an unknown project."""
    async with begin(settings) as ctx:
        if secret:
            sentence = f"{sentence} --given={await ctx.vault.hand_over(secret)}"
        project = await project_of(ctx, project_name or project_in(sentence)[0])
        person = Person(operator=True)
        answer, outcome, _ = await answer_at_once(ctx, project, person, sentence)
        return Spoken(shown(answer.card), outcome == "done")


def shown(card: Card) -> str:
    """The card as a terminal shows it."""
    return render_markdown(card).split("\n", 1)[1].strip()
