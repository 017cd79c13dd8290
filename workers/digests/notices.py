"""What a project is told unasked: in its channel, and on its tracking issue."""

from __future__ import annotations

from collections.abc import Callable

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Card, note
from bot.domain.errors import Rejected
from bot.domain.models import Place, Project
from bot.jobs import enqueue
from bot.log import log
from bot.say import hide, readers_at, say
from workers import jobs
from workers.clusters.channels import channel_of
from workers.digests.tracked import untrack
from workers.intake import quota


async def tell(
    ctx: Context, project: Project, made: Callable[[Audience], Card], *, where: str = ""
) -> None:
    """Say the card that is ``made`` for those who read there, once a place: only where the card
    ``where`` was said, if it is given."""
    channel, issue = await channel_of(ctx, project), await ctx.digests.tracking_issue(project.id)
    for place in Place(channel=channel), Place(issue=issue):
        there = place.channel or place.issue
        if there and (not where or await ctx.cards.get(project.id, place.name, where)):
            try:
                await say(ctx, project, place, made(await readers_at(ctx, project, place)))
            except Rejected as error:
                log.warning("could not tell", project=project.full_name, why=str(error))


async def tell_refused(ctx: Context, project_id: int) -> None:
    """New reports are over the quota: one card a day, with how many there are by now."""
    project = await ctx.projects.find(project_id)
    words = project and await quota.refusals(ctx, project)
    if project and words:
        key = f"refused:{ctx.now():%Y-%m-%d}"
        await tell(ctx, project, lambda to: note(key, words, audience=to, tone="failed"))


async def hide_cards(ctx: Context, project_id: int) -> None:
    """The repository has become public: what was said there for the team alone is taken off."""
    project = await ctx.projects.find(project_id)
    if project is not None and not project.private:
        await hide(ctx, project)
        await enqueue(ctx, jobs.refresh_tracking_issue, project_id)
        for cluster in await ctx.digests.tracked(project_id):
            await untrack(ctx, project, cluster)
