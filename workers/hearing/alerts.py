"""What came in at a door for alerts and feedback becomes items, and ends the trouble of some."""

from __future__ import annotations

from datetime import datetime

from bot.context import Context
from bot.domain.models import Draft
from bot.sources import SOURCES
from bot.sources.heard import Heard, Recovery
from bot.sources.reading import decode
from workers.intake.items import take


async def hear_alert(ctx: Context, row: str) -> None:
    """Take a stored alert apart; it has taken effect when this returns."""
    delivery = await ctx.inbox.read(row)
    if delivery is None:
        return
    source, project = delivery.meta["source"], int(delivery.meta["project"])
    received_at = datetime.fromtimestamp(delivery.received_at, tz=ctx.now().tzinfo)
    payload = decode(delivery.body, delivery.meta.get("content-type", ""))
    became = []
    for heard in SOURCES[source].parse(payload, delivery.meta, received_at):
        if await ctx.projects.find(project) is None:
            break  # the app was removed since
        became.append(await _take(ctx, project, heard))
    if hook := delivery.meta.get("hook"):
        how = f"read as {', '.join(became)}"
        await ctx.vault.note(hook, how, delivery.body, received_at)
    await ctx.inbox.finish(row)


async def _take(ctx: Context, project: int, heard: Heard) -> str:
    """What became of it, in words."""
    if isinstance(heard, Draft):
        return f"I-{(await take(ctx, project, heard)).item}"
    if isinstance(heard, Recovery):
        found = await ctx.items.recover(project, heard.source, heard.key, heard.at)
        return f"the end of I-{found}" if found else "the end of something not known here"
    return f"nothing that counts: {heard.why}"
