"""Clusters as they may be shown, read from the read model and from a sample of their items."""

from bot.adapters.choose_agent import sends_to
from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.views.cluster import ClusterView, told_apart
from bot.domain.models import Project
from bot.jobs import enqueue
from bot.storage.overview import Sort
from workers import jobs
from workers.clusters.labels import suggested


async def cluster_view(
    ctx: Context, project: Project, number: int, *, readers: Audience, beside: bool = True
) -> ClusterView:
    """A cluster with its tally and a sample of its items, as ``readers`` may read it; ``beside``:
    with the labels that people would give, and where it is tracked."""
    cluster = await ctx.clusters.get(project.id, number)
    members = await ctx.clusters.sample(project.id, cluster.number)
    items = await ctx.items.many(project.id, sorted({*members, *cluster.shown_by}))
    [tally] = await ctx.overview.tallies(project.id, [cluster.number])
    mine = [item for item in items if item.cluster == cluster.number]
    writes = bool(sends_to(ctx.settings.soulcaster_agent, ctx.settings_for_adapters))
    issue = (await ctx.digests.tracked(project.id)).get(cluster.number) if beside else None
    tracked = ctx.github.page(project, f"issues/{issue}") if issue else ""
    likely = await suggested(ctx, project.id, mine, readers) if beside else ()
    return ClusterView(cluster, mine, tally, ctx.now(), readers, (), writes, tracked, likely)


async def page(
    ctx: Context,
    project: Project,
    wanted: str,
    sort: Sort = "severity",
    *,
    source: str = "",
    first: int = 0,
    most: int,
    readers: Audience,
) -> tuple[list[ClusterView], int]:
    """Up to ``most`` clusters as ``rows`` gives them, and how many there are in all. The arguments
    are those of ``Overview.page``."""
    numbers, total = await ctx.overview.page(
        project.id, wanted, sort, source=source, first=first, most=most
    )
    return await rows(ctx, project, numbers, readers=readers), total


async def rows(
    ctx: Context, project: Project, numbers: list[int], *, readers: Audience
) -> list[ClusterView]:
    """These clusters with their tallies, and of their items only those they are shown by."""
    records = await ctx.clusters.records(project.id, numbers)
    tallies = await ctx.overview.tallies(project.id, records)
    # Those that were not looked at since they were made.
    fresh = [number for number, record in records.items() if not record.shown_by]
    firsts = await ctx.clusters.first_items(project.id, fresh)
    shown = {i for record in records.values() for i in record.shown_by} | {*firsts.values()}
    items = await ctx.items.many(project.id, sorted(shown))
    now = ctx.now()
    views = [
        ClusterView(record, [i for i in items if i.cluster == record.number], tally, now, readers)
        for record, tally in zip(records.values(), tallies, strict=True)
    ]
    return told_apart(views)


async def refresh_soon(ctx: Context, project: int, *clusters: int) -> None:
    """What is said of the project, and of these clusters; many changes that come together are one
    edit."""
    for cluster in clusters:
        await enqueue(ctx, jobs.follow_problem, project, cluster, delay=1)
    if ctx.slack is not None:
        await enqueue(ctx, jobs.keep_digest_true, project, delay=60)
    if await ctx.digests.tracking_issue(project):
        await enqueue(ctx, jobs.refresh_tracking_issue, project, delay=2)
