"""The run's card, wherever the run was asked for, and what only the team is told."""

from __future__ import annotations

from bot.context import Context
from bot.domain.cards.views.run import person_card, run_card
from bot.domain.errors import ConfigError, Rejected
from bot.domain.fixes.run import FixRun
from bot.domain.models import Place, Project
from bot.log import log
from bot.say import say
from workers.clusters.channel import slack_channel


async def show(ctx: Context, project: Project, run: FixRun) -> None:
    """Edit the card in every place; the same card edits nothing."""
    cluster = await ctx.clusters.get(project.id, run.cluster)
    for place in run.places:
        card = run_card(run, cluster, ctx.now(), readers=project.readers(place))
        await say(ctx, project, place, card)


async def tell_team(ctx: Context, project: Project, run: FixRun) -> None:
    """Say in the project's channel, where there is one, which private reports a run stops at.

    Harmless when repeated. Raises Unavailable.
    """
    try:
        channel = await slack_channel(ctx, project)
        if not channel or ctx.slack is None:
            return
        items = await ctx.items.many(project.id, run.private_examples)
        ts = await say(ctx, project, Place(channel=channel), person_card(run, items))
    except (ConfigError, Rejected) as error:
        log.warning("could not tell the team", run=run.name, why=str(error))
        return
    await ctx.digests.set_thread(project.id, channel, ts, run.cluster)
