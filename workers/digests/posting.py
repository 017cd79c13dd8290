"""The triage digest, in Slack and in the tracking issue."""

from datetime import UTC, datetime, timedelta

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Card, Said, note
from bot.domain.cards.language import in_language
from bot.domain.cards.views import digest as digests
from bot.domain.commands.command import Level
from bot.domain.commands.rights import level_of
from bot.domain.errors import Quiet, Rejected, Unavailable
from bot.domain.models import ClusterState, Place, Project
from bot.github import people
from bot.jobs import enqueue
from bot.log import log
from bot.say import paused_or_not, readers_at, say, whole_or_not, write_issue
from bot.storage.overview import GROUPS
from workers import jobs
from workers.clusters.alike import alike
from workers.clusters.channels import bound_channel, channel_of, heard_of, settle_channel, waits
from workers.clusters.holding import held_back
from workers.clusters.views import rows
from workers.digests.following import LABEL, problem_of, rule_of
from workers.digests.notices import tell

STATES = (
    ClusterState.REGRESSED,
    ClusterState.PR_OPENED,
    ClusterState.FIXING,
    ClusterState.WATCHING,
    ClusterState.SNOOZED,
)
# Of how many the rows of a filtered digest are chosen.
MOST_CHOSEN = 40
TRUE = timedelta(days=1)
TITLE = "Triage digest"


async def build_digest(
    ctx: Context, project: Project, *, compact: bool, readers: Audience, since: float | None = None
) -> Card:
    """The digest as it stands now, with what happened ``since`` a second, else the last one."""
    return await _card(ctx, project, await _board(ctx, project, readers, since), compact=compact)


async def _card(ctx: Context, project: Project, board: digests.Board, *, compact: bool) -> Card:
    numbers = [view.cluster.number for view in (*board.worst, *board.beside)]
    runs = await ctx.runs.newest(project.id, numbers)
    card = digests.digest_card(project, board, runs, compact=compact)
    language = (await ctx.configs.known(project)).language
    return await whole_or_not(ctx, in_language(card, language))


async def _board(
    ctx: Context, project: Project, readers: Audience, since: float | None = None
) -> digests.Board:
    only, last = await ctx.digests.filter_and_last(project.id)
    most = MOST_CHOSEN if only else digests.ROWS
    worst, open_ = await ctx.overview.page(project.id, "open", most=most)
    asked, _ = await alike(ctx, project, readers=readers, about=worst)
    together = [number for each in asked for number in each.clusters]
    if asked:  # several of them are one row, which leaves room for others
        more = await ctx.overview.page(project.id, "open", first=most, most=len(together))
        worst += more[0]
    fixed, _ = await ctx.overview.page(project.id, "resolved", "recent", most=digests.FIXED)
    _, new = await ctx.overview.page(project.id, "new", most=0)
    tops = await ctx.overview.tops(project.id, STATES, digests.BESIDE)
    beside = [number for number in tops if number not in worst]
    first = max(open_ - digests.BESIDE, 0)
    old, _ = await ctx.overview.page(project.id, "open", "recent", first=first, most=digests.BESIDE)
    unsettled, settled = await ctx.overview.tallies(project.id, GROUPS)
    numbers = list(dict.fromkeys([*worst, *fixed, *together, *beside, *old]))
    views = {v.cluster.number: v for v in await rows(ctx, project, numbers, readers=readers)}
    if only:
        rule = rule_of(only)
        worst = [n for n in worst if n in views and rule.holds(problem_of(views[n]))][
            : digests.ROWS
        ]
    of = {number: each.seen(views) for each in asked for number in each.clusters}
    firsts = dict.fromkeys(of[n].clusters[0] if n in of else n for n in worst)
    since = last if since is None else since
    moment = datetime.fromtimestamp(since, UTC) if since else ctx.now() - timedelta(days=1)
    seen = unsettled + settled
    return digests.Board(
        worst=[of[n].row if n in of else views[n] for n in firsts if n in views],
        fixed=[views[n] for n in fixed if n in views],
        asked={n: of[n] for n in firsts if n in of},
        open=open_,
        new=new,
        reports=unsettled.reports,
        day=seen.day(ctx.now()),
        days=seen.days(ctx.now(), digests.DAYS),
        beside=[views[n] for n in beside if n in views and n not in of],
        stale=[views[n] for n in old if n in views and not views[n].since(digests.STALE)],
        news=await ctx.stories.since(project.id, moment),
        since=moment,
        only=only,
        sources=seen.sources,
    )


async def send_digest(ctx: Context, project_id: int, slot: str) -> None:
    """Post the digest. ``slot`` names this one, so that it is posted once in Slack."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    await settle_channel(ctx, project_id)
    channel = await channel_of(ctx, project) if ctx.slack is not None else ""
    refused: Rejected | None = None
    try:
        await write_tracking_issue(ctx, project)
    except Rejected as error:  # archived, issues off: the digest goes to Slack, too
        if not channel:
            raise
        refused = error
    if channel and ctx.slack:
        newest, since = await ctx.digests.newest(project_id)
        try:
            ts = await _post(ctx, project, channel, slot, since if newest == slot else None)
            await ctx.channels.set_about(channel, ts, project.id, 0)
        except Rejected:  # we are no longer in it, and were not told
            shut = await ctx.slack.shut(channel)
            if refused or shut is None:
                raise
            await heard_of(ctx, channel, shut)
        if refused and not isinstance(refused, Quiet):  # where it is quiet, it is meant to be so
            words = "The tracking issue on GitHub can't be written, so the digest comes here only. "
            said = (words, Said(str(refused)))
            # Said once a channel: as long as it says the same, a card is left alone.
            card = note("untracked", *said, audience=Audience.TEAM, tone="failed")
            await say(ctx, project, Place(channel=channel), card)
    await ctx.digests.sent(project.id, ctx.now().timestamp(), slot)
    if "told" not in await ctx.projects.choice(project.id):
        await enqueue(ctx, jobs.try_ways, project.id, "")


async def _post(
    ctx: Context, project: Project, channel: str, slot: str, since: float | None
) -> str:
    """Say it in the channel, or bring it up to date there; its ts."""
    place = Place(channel=channel)
    readers = await readers_at(ctx, project, place)
    board = await _board(ctx, project, readers, since)
    card = await _card(ctx, project, board, compact=True)
    if not may_read(readers, card.audience):
        card = digests.elsewhere_card()
    elif board.still:
        card = digests.still_card(project, board)
    return await say(ctx, project, place, card.model_copy(update={"key": f"digest:{slot}"}))


async def keep_digest_true(ctx: Context, project_id: int) -> None:
    """The digest that was posted last says how things stand now, of a day at the most."""
    project = await ctx.projects.find(project_id)
    slot, since = await ctx.digests.newest(project_id)
    last = datetime.fromtimestamp(await ctx.digests.last(project_id), UTC)
    if project is None or not slot or ctx.slack is None or ctx.now() - last > TRUE:
        return
    channel = await bound_channel(ctx, project, (await ctx.configs.known(project)).slack.channel)
    standing = await ctx.cards.get(project_id, Place(channel=channel).name, f"digest:{slot}")
    if channel and standing and standing.id:
        await _post(ctx, project, channel, slot, since)


async def send_scheduled(ctx: Context, project_id: int, slot: str) -> None:
    """Post the digest of a time of its schedule, for who set that up as long as they may. The
    schedule that comes with the product is nobody's and goes on."""
    project = await ctx.projects.find(project_id)
    by = await ctx.digests.scheduled_by(project_id)
    if project is None or await held_back(ctx, project, jobs.send_scheduled.name, slot):
        return
    if by is None or by.operator:
        return await send_digest(ctx, project_id, slot)
    role = await people.role(ctx.github.repo(project), by)
    if level_of(role) >= Level.L4:
        return await send_digest(ctx, project_id, slot)
    await tell(ctx, project, lambda to: digests.stopped_card(slot, by.name, role, readers=to))
    log.info("a schedule stopped", project=project.full_name, by=by.name, role=role)
    await ctx.digests.set_schedule(project_id, "off", by)


async def refresh_tracking_issue(ctx: Context, project_id: int) -> None:
    """Bring an existing tracking issue up to date; one that was closed stays closed."""
    project = await ctx.projects.find(project_id)
    if project and await ctx.digests.tracking_issue(project_id):
        await write_tracking_issue(ctx, project, may_open=False)


async def write_tracking_issue(ctx: Context, project: Project, *, may_open: bool = True) -> int:
    """Edit the one tracking issue between its markers, or open it; its number, 0 for none. Raises
    Unavailable while somebody else writes it."""
    card = await build_digest(ctx, project, compact=False, readers=project.github_readers)
    if waiting := await waits(ctx, project.id):
        footer = (*card.footer, " The Slack channel ", "; ".join(waiting), ".")
        card = card.model_copy(update={"footer": footer})
    card = await paused_or_not(ctx, project, card)
    repo = ctx.github.repo(project)
    async with ctx.leases.hold(f"tracking:{project.id}") as token:
        if not token:
            raise Unavailable("The tracking issue is being written.", retry_after=0.5)
        stood = await ctx.digests.tracking_issue(project.id)
        number = await write_issue(
            repo, card, number=stood, title=TITLE, label=LABEL, may_open=may_open
        )
        if number not in (0, stood):
            await ctx.digests.set_tracking_issue(project.id, number)
        elif not number and stood is not None:
            await ctx.digests.forget_tracking_issue(project.id)
        return number
