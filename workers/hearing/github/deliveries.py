"""What happens on GitHub: one router a file, merged here by name."""

import json

import gidgethub.routing
from gidgethub import sansio

from bot.context import Context
from workers.hearing.github import installations, issues, pulls

router = gidgethub.routing.Router(installations.router, issues.router, pulls.router)


async def hear_github(ctx: Context, row: str) -> None:
    """Take a stored webhook to whoever listens; it has taken effect when this returns."""
    delivery = await ctx.inbox.read(row)
    if delivery is None:
        return
    event = sansio.Event(
        json.loads(delivery.body), event=delivery.meta["event"], delivery_id=delivery.meta["guid"]
    )
    await router.dispatch(event, ctx)
    await ctx.inbox.finish(row)
