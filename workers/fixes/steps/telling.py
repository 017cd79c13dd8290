"""The run's card, wherever the run was asked for, and what only the team is told."""

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Card
from bot.domain.cards.views.cluster import count
from bot.domain.cards.views.run import person_card, run_card
from bot.domain.errors import ConfigError, Rejected
from bot.domain.fixes.run import FixRun
from bot.domain.models import Cluster, Place, Project, RunState
from bot.log import log
from bot.say import readers_at, say
from workers.clusters.channels import channel_of


async def show(ctx: Context, project: Project, run: FixRun) -> None:
    """Edit the card in every place; the same card edits nothing."""
    cluster = await ctx.clusters.get(project.id, run.cluster)
    for place in run.places:
        readers = await readers_at(ctx, project, place)
        await say(ctx, project, place, await card_of(ctx, project, run, cluster, readers))


async def card_of(
    ctx: Context, project: Project, run: FixRun, cluster: Cluster, readers: Audience
) -> Card:
    """The card, with the page where people who sign in can watch it; one that waits for a fixer
    says behind how many."""
    s = ctx.settings
    there = s.soulcaster_public_url and s.github_client_id
    page = f"{s.soulcaster_public_url}/runs/{project.full_name}/{run.name}" if there else ""
    card = run_card(run, cluster, ctx.now(), readers=readers, page=page)
    if run.state is not RunState.PENDING:
        return card
    alive = sum(each.startswith("fixer ") for each in await ctx.processes.alive())
    before = await ctx.jobs.pending("fixes") - 1
    words = "" if alive else "No fixer runs now: whoever runs Soulcaster has to start one. "
    if before >= max(1, alive * s.soulcaster_fixes_at_once):
        words += f"It waits for its turn behind {count(before, 'fix run')}. "
    return card.model_copy(update={"footer": (words, *card.footer) if words else card.footer})


async def show_waiting(ctx: Context, project_id: int) -> None:
    """Say anew behind how many the project's runs wait."""
    project = await ctx.projects.find(project_id)
    for run in await ctx.runs.many(project_id, await ctx.runs.under_way(project_id)):
        stale = project and run.state is RunState.PENDING
        while project and stale:  # until what is shown is how it stands: it may begin meanwhile
            await show(ctx, project, run)
            shown, run = run, await ctx.runs.get(project_id, run.number)
            stale = run != shown


async def tell_team(ctx: Context, project: Project, run: FixRun) -> None:
    """Say in the project's channel, where there is one, which private reports a run stops at.
    Harmless when repeated. Raises Unavailable."""
    try:
        channel = await channel_of(ctx, project)
        if not channel or ctx.slack is None:
            return
        items = await ctx.items.many(project.id, run.private_examples)
        ts = await say(ctx, project, Place(channel=channel), person_card(run, items))
    except (ConfigError, Rejected) as error:
        log.warning("could not tell the team", run=run.name, why=str(error))
        return
    if ts:
        await ctx.channels.set_about(channel, ts, project.id, run.cluster)
