"""A draft becomes an item, or one more occurrence of it; then clustering is asked for."""

from __future__ import annotations

import json
from datetime import datetime

from bot.context import Context
from bot.domain.models import Draft, Project
from bot.jobs import enqueue
from bot.log import log
from bot.sources import SOURCES
from bot.storage.items import Recorded
from workers import jobs
from workers.intake import sync


async def know_project(ctx: Context, project: Project) -> bool:
    """Whether the app is installed where a signed webhook comes from, as GitHub says now.

    A webhook may come before that of its installation, or long after the app was removed.
    """
    known = await ctx.projects.find(project.id)
    if known is None:
        await sync.sync_installation(ctx, project.installation)
        known = await ctx.projects.find(project.id)
    if known is None:
        log.info("not installed there", repository=project.full_name)
        return False
    if known != project:
        await ctx.projects.put(project)
    return True


async def take(
    ctx: Context, project: int, draft: Draft, *, edited_at: datetime | None = None
) -> Recorded:
    """Count one event; however often this is called with it, once."""
    recorded = await ctx.items.record(project, draft, ctx.now())
    if not recorded.item:
        return recorded
    if recorded.new:
        await enqueue(ctx, jobs.cluster_items, project)
        return recorded
    edited = edited_at and await ctx.items.edit(project, draft, edited_at)
    item = await ctx.items.get(project, recorded.item)
    if item.cluster is None:
        await enqueue(ctx, jobs.cluster_items, project)
    elif recorded.counted or edited:
        await enqueue(ctx, jobs.refresh_cluster, project, item.cluster)
    return recorded


async def withdraw(ctx: Context, project: int, source: str, key: str) -> None:
    """The report was deleted where it came from."""
    number = await ctx.items.withdraw(project, source, key)
    if number is None:
        return
    item = await ctx.items.get(project, number)
    if item.cluster is not None:
        await enqueue(ctx, jobs.refresh_cluster, project, item.cluster)


async def hear_alert(ctx: Context, row: str) -> None:
    """Take a stored alert apart; it has taken effect when this returns."""
    delivery = await ctx.inbox.read(row)
    if delivery is None:
        return
    parser = SOURCES[delivery.meta["source"]]
    received_at = datetime.fromtimestamp(delivery.received_at, tz=ctx.now().tzinfo)
    project = int(delivery.meta["project"])
    for draft in parser.parse(json.loads(delivery.body), delivery.meta, received_at):
        await take(ctx, project, draft)
    await ctx.inbox.finish(row)
