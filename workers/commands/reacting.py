"""How a command stands, as a reaction to what was said."""

from __future__ import annotations

from bot.context import Context
from bot.domain.models import Place, Project
from bot.github import issues
from bot.github.issues import Reaction

_IN_SLACK = {"eyes": "eyes", "rocket": "rocket", "-1": "no_entry_sign", "confused": "warning"}


async def react(ctx: Context, project: Project, place: Place, reaction: Reaction) -> None:
    """Put it there; twice is once. Where it is quiet on GitHub it was heard, and no more is said.
    Raises Unavailable or Rejected."""
    if reaction != "eyes" and place.issue and await ctx.configs.is_quiet(project.id):
        return
    if place.comment is not None:
        await issues.react(ctx.github.repo(project), f"issues/comments/{place.comment}", reaction)
    elif place.issue is not None:
        await issues.react(ctx.github.repo(project), f"issues/{place.issue}", reaction)
    elif place.public and place.message and ctx.slack is not None:
        await ctx.slack.react(place.channel, place.message, _IN_SLACK[reaction])
