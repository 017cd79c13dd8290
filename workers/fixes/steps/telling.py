"""The run's card, wherever the run was asked for."""

from __future__ import annotations

from bot.context import Context
from bot.domain.cards.views.run import run_card
from bot.domain.fixes.run import FixRun
from bot.domain.models import Project
from bot.say import say


async def show(ctx: Context, project: Project, run: FixRun) -> None:
    """Edit the card in every place; the same card edits nothing."""
    cluster = await ctx.clusters.get(project.id, run.cluster)
    for place in run.places:
        card = run_card(run, cluster, ctx.now(), readers=project.readers(place))
        await say(ctx, project, place, card)
