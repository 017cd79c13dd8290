"""``ask --web``: a question's words, and nothing else, go to Google; what pages say comes back."""

from __future__ import annotations

from bot.context import Context
from bot.domain.errors import NotUnderstood, Rejected, Unavailable
from bot.domain.memory.web import INSTRUCTIONS as WEB_INSTRUCTIONS
from bot.domain.memory.web import WebAnswer
from bot.domain.models import Project
from bot.domain.ports import LanguageModel
from bot.domain.secrets import redact
from bot.log import log
from bot.storage.answers import ASK
from workers.clusters import asking


async def searcher(ctx: Context, project: Project) -> LanguageModel:
    """What looks on the web. Raises NotUnderstood, which says who can have it."""
    model = await ctx.models.searcher(project.id) if ctx.settings.soulcaster_ask_web else None
    if model is None:
        how = "whoever runs this server sets SOULCASTER_ASK_WEB=on and GEMINI_API_KEY"
        raise NotUnderstood(f"ask --web is off: {how}. Ask without.")
    if not (await ctx.configs.known_and_quiet(project.id))[0].ask_web:
        raise NotUnderstood("ask --web is off: .github/soulcaster.yml says so. Ask without.")
    return model


async def searched(
    ctx: Context, model: LanguageModel, project: Project, question: str, command: str
) -> WebAnswer:
    """What the web says to the question as it was typed; or why it says nothing."""
    cap = ctx.settings.soulcaster_ask_budget
    if not await ctx.answers.spend(project.id, ASK, asking.today(ctx), f"{command}:web", cap):
        return WebAnswer(problem=f"Not searched: today's {cap} questions to models are used up")
    words = redact(question)
    try:
        return await asking.ask(
            ctx, model, WebAnswer, instructions=WEB_INSTRUCTIONS, material=words
        )
    except (Unavailable, Rejected) as error:
        log.warning("the web was not searched", project=project.full_name, why=str(error))
        return WebAnswer(problem=str(error))
