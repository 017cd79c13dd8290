"""What came in at a door for alerts and feedback becomes items."""

from __future__ import annotations

import json
from datetime import datetime

from bot.context import Context
from bot.sources import SOURCES
from workers.intake.items import take


async def hear_alert(ctx: Context, row: str) -> None:
    """Take a stored alert apart; it has taken effect when this returns."""
    delivery = await ctx.inbox.read(row)
    if delivery is None:
        return
    parser = SOURCES[delivery.meta["source"]]
    received_at = datetime.fromtimestamp(delivery.received_at, tz=ctx.now().tzinfo)
    project = int(delivery.meta["project"])
    items = []
    for draft in parser.parse(json.loads(delivery.body), delivery.meta, received_at):
        if await ctx.projects.find(project) is None:
            break  # the app was removed since
        items.append((await take(ctx, project, draft)).item)
    if hook := delivery.meta.get("hook"):
        how = ", ".join(f"I-{item}" for item in items) or "nothing that counts"
        await ctx.vault.note(hook, f"read as {how}", delivery.body, received_at)
    await ctx.inbox.finish(row)
