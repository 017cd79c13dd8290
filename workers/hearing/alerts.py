"""What came in at a door for alerts and feedback becomes items, and ends the trouble of some."""

from __future__ import annotations

from datetime import datetime

from bot.context import Context
from bot.domain.errors import NotFound
from bot.domain.models import Draft
from bot.sources import SOURCES, cloudwatch, generic
from bot.sources.heard import Heard, Recovery
from bot.sources.reading import decode
from bot.storage.inbox import Delivery
from bot.storage.vault import Hook
from workers.hearing import sns
from workers.intake.items import take


async def hear_alert(ctx: Context, row: str) -> None:
    """Take a stored alert apart; it has taken effect when this returns."""
    delivery = await ctx.inbox.read(row)
    if delivery is None:
        return
    at = datetime.fromtimestamp(delivery.received_at, tz=ctx.now().tzinfo)
    hook, source = delivery.meta.get("hook", ""), delivery.meta["source"]
    # Of these doors people say how they are read, or what may come there.
    own = source in (generic.SOURCE.NAME, cloudwatch.SOURCE.NAME)
    door = await _door(ctx, hook) if own else None
    if source == generic.SOURCE.NAME and not (door and door.fields):
        await ctx.inbox.hold(hook, row)
        return
    how = await _hear(ctx, delivery, door, at)
    if hook:
        project = int(delivery.meta["project"])
        await ctx.vault.health.note(project, hook, at, how, delivery.body)
    await ctx.inbox.finish(row)


async def _door(ctx: Context, hook: str) -> Hook | None:
    """What a person said of it; None when it was closed."""
    try:
        return await ctx.vault.hook(hook)
    except NotFound:
        return None


async def _hear(ctx: Context, delivery: Delivery, door: Hook | None, at: datetime) -> str:
    """How it was read, in one line."""
    source, project = delivery.meta["source"], int(delivery.meta["project"])
    payload = decode(delivery.body, delivery.meta.get("content-type", ""))
    if source == cloudwatch.SOURCE.NAME:
        why = cloudwatch.other_topic(payload, door.topic if door else "")
        if not why and not await sns.is_amazons(ctx.http, payload):
            await ctx.inbox.count_unread("not proven")
            why = "Amazon did not sign it"
        if why:
            return f"refused: {why}"
        if door and not door.topic:  # the first one that Amazon signs for
            await ctx.vault.change(door, topic=cloudwatch.topic(payload))
    became, fields = [], {"fields": door.fields if door else ""}
    for heard in SOURCES[source].parse(payload, {**delivery.meta, **fields}, at):
        if await ctx.projects.find(project) is None:
            break  # the app was removed since
        became.append(await _take(ctx, project, heard))
    return f"read as {', '.join(became)}"


async def _take(ctx: Context, project: int, heard: Heard) -> str:
    """What became of it, in words."""
    if isinstance(heard, Draft):
        item = (await take(ctx, project, heard)).item
        return f"I-{item}" if item >= 0 else "a new report over the quota, refused"
    if isinstance(heard, Recovery):
        found = await ctx.items.recover(project, heard.source, heard.key, heard.at)
        return f"the end of I-{found}" if found else "the end of something not known here"
    return f"nothing that counts: {heard.why}"
