"""The triage digest, in Slack and in the tracking issue."""

from __future__ import annotations

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Card, Said, note
from bot.domain.cards.language import in_language
from bot.domain.cards.views.digest import (
    FIXED,
    ROWS,
    Board,
    digest_card,
    elsewhere_card,
    stopped_card,
)
from bot.domain.commands.command import Level
from bot.domain.commands.rights import level_of
from bot.domain.errors import Rejected, Unavailable
from bot.domain.models import Place, Project
from bot.github import people
from bot.log import log
from bot.say import readers_at, say, whole_or_not, write_issue
from bot.storage.overview import GROUPS
from workers.clusters.alike import alike
from workers.clusters.channels import channel_of, settle_channel, waits
from workers.clusters.views import rows
from workers.digests.notices import tell

TITLE = "Triage digest"
LABEL = "soulcaster"


async def build_digest(ctx: Context, project: Project, *, compact: bool, readers: Audience) -> Card:
    """The digest as it stands now."""
    worst, open_ = await ctx.overview.page(project.id, "open", most=ROWS)
    asked, _ = await alike(ctx, project, readers=readers, about=worst)
    beside = [number for each in asked for number in each.clusters]
    if asked:  # several of them are one row, which leaves room for others
        worst += (await ctx.overview.page(project.id, "open", first=ROWS, most=len(beside)))[0]
    fixed, _ = await ctx.overview.page(project.id, "resolved", "recent", most=FIXED)
    _, new = await ctx.overview.page(project.id, "new", most=0)
    unsettled, settled = await ctx.overview.tallies(project.id, GROUPS)
    numbers = list(dict.fromkeys([*worst, *fixed, *beside]))
    views = {v.cluster.number: v for v in await rows(ctx, project, numbers, readers=readers)}
    of = {number: each.seen(views) for each in asked for number in each.clusters}
    firsts = dict.fromkeys(of[n].clusters[0] if n in of else n for n in worst)
    board = Board(
        worst=[of[n].row if n in of else views[n] for n in firsts if n in views],
        fixed=[views[n] for n in fixed if n in views],
        asked={n: of[n] for n in firsts if n in of},
        open=open_,
        new=new,
        reports=unsettled.reports,
        day=(unsettled + settled).day(ctx.now()),
    )
    runs = await ctx.runs.newest(project.id, worst)
    card = digest_card(project, board, runs, compact=compact)
    language = (await ctx.known_config(project)).language
    return await whole_or_not(ctx, in_language(card, language))


async def send_digest(ctx: Context, project_id: int, slot: str) -> None:
    """Post the digest. ``slot`` names this one, so that it is posted once in Slack."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    await settle_channel(ctx, project_id)
    channel = await channel_of(ctx, project) if ctx.slack is not None else ""
    refused = ""
    try:
        await write_tracking_issue(ctx, project)
    except Rejected as error:  # archived, issues off: the digest goes to Slack, too
        if not channel:
            raise
        refused = str(error)
    if channel:
        place = Place(channel=channel)
        readers = await readers_at(ctx, project, place)
        card = await build_digest(ctx, project, compact=True, readers=readers)
        if not may_read(readers, card.audience):
            card = elsewhere_card()
        card = card.model_copy(update={"key": f"digest:{slot}"})
        ts = await say(ctx, project, place, card)
        await ctx.channels.set_about(channel, ts, project.id, 0)
        if refused:
            words = "The tracking issue on GitHub can't be written, so the digest comes here only. "
            said = (words, Said(refused))
            # Said once a channel: as long as it says the same, a card is left alone.
            card = note("untracked", *said, audience=Audience.TEAM, tone="failed")
            await say(ctx, project, place, card)
    await ctx.digests.sent(project.id, ctx.now().timestamp())


async def send_scheduled(ctx: Context, project_id: int, slot: str) -> None:
    """Post the digest of a time of its schedule, for who set that up as long as they may.

    The schedule that comes with the product is nobody's and goes on.
    """
    project = await ctx.projects.find(project_id)
    by = await ctx.digests.scheduled_by(project_id)
    if project is None:
        return
    if by is None or by.operator:
        return await send_digest(ctx, project_id, slot)
    role = await people.role(ctx.github.repo(project), by)
    if level_of(role) >= Level.L4:
        return await send_digest(ctx, project_id, slot)
    await tell(ctx, project, lambda to: stopped_card(slot, by.name, role, readers=to))
    log.info("a schedule stopped", project=project.full_name, by=by.name, role=role)
    await ctx.digests.set_schedule(project_id, "off", by)


async def refresh_tracking_issue(ctx: Context, project_id: int) -> None:
    """Bring an existing tracking issue up to date; one that was closed stays closed."""
    project = await ctx.projects.find(project_id)
    if project and await ctx.digests.tracking_issue(project_id):
        await write_tracking_issue(ctx, project, may_open=False)


async def write_tracking_issue(ctx: Context, project: Project, *, may_open: bool = True) -> int:
    """Edit the one tracking issue between its markers, or open it; its number, 0 for none.

    Raises Unavailable while somebody else writes it.
    """
    card = await build_digest(ctx, project, compact=False, readers=project.github_readers)
    if waiting := await waits(ctx, project.id):
        footer = (*card.footer, " The Slack channel ", "; ".join(waiting), ".")
        card = card.model_copy(update={"footer": footer})
    repo = ctx.github.repo(project)
    async with ctx.leases.hold(f"tracking:{project.id}") as token:
        if not token:
            raise Unavailable("The tracking issue is being written.", retry_after=0.5)
        stood = await ctx.digests.tracking_issue(project.id)
        number = await write_issue(
            repo, card, number=stood, title=TITLE, label=LABEL, may_open=may_open
        )
        if number:
            await ctx.digests.set_tracking_issue(project.id, number)
        elif stood is not None:
            await ctx.digests.forget_tracking_issue(project.id)
        return number
