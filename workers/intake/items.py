"""A draft becomes an item, or one more occurrence of it; then clustering is asked for."""

from datetime import datetime

from bot.context import Context
from bot.domain.models import Draft, enriched
from bot.jobs import enqueue
from bot.storage.items import Recorded
from workers import jobs
from workers.intake import quota


async def take_echo(ctx: Context, project: int, echo: Draft | None) -> None:
    """A comment that says "same here" is an occurrence of its report, if that is known."""
    if echo and await ctx.items.by_key(project, echo.source, echo.key):
        await take(ctx, project, echo)


async def take(
    ctx: Context, project: int, draft: Draft, *, edited_at: datetime | None = None
) -> Recorded:
    """Count one event; however often this is called with it, once. A new report over the quota is
    not taken, and that is said."""
    spend = None if draft.history else await quota.spend_of(ctx, project)
    recorded = await ctx.items.record(project, draft, ctx.now(), spend, edited_at=edited_at)
    if recorded.item < 0:
        # Those that come together are said together.
        await enqueue(ctx, jobs.tell_refused, project, delay=60)
    if recorded.item <= 0:
        return recorded
    if recorded.new:
        # What is read from before comes by the hundred, and is embedded so.
        await enqueue(ctx, jobs.cluster_items, project, delay=float(draft.history))
        return recorded
    edited = await ctx.items.edit(project, draft, edited_at) if edited_at else None
    item = await ctx.items.get(project, recorded.item)
    if richer := enriched(item, draft) != item:
        await ctx.items.enrich(project, item.number, draft)
    if item.cluster is None:
        await enqueue(ctx, jobs.cluster_items, project)
    elif recorded.counted or edited or richer:
        await enqueue(ctx, jobs.refresh_cluster, project, item.cluster)
    return recorded._replace(edited=edited)


async def withdraw(
    ctx: Context, project: int, source: str, key: str, *, moved: bool = False
) -> None:
    """The report was deleted where it came from, or has moved to where another project counts."""
    if number := await ctx.items.withdraw(project, source, key, moved=moved):
        await refresh(ctx, project, number)


async def refresh(ctx: Context, project: int, number: int) -> None:
    """What has changed about an item, its cluster follows."""
    if cluster := await ctx.items.cluster_of(project, number):
        await enqueue(ctx, jobs.refresh_cluster, project, cluster)
