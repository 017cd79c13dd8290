"""The doors for alerts and feedback: ``/hooks/{source}/{hook}``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from pydantic_core import from_json
from redis.exceptions import RedisError

from bot.context import Context
from bot.domain.errors import BadPayload, BadSignature, NotFound, Unavailable
from bot.sources import SOURCES
from bot.storage.inbox import Delivery
from workers import jobs

# How long a door waits for Redis, in seconds, before it goes by what it knew.
PATIENCE = 0.25
# What a parser may read of the headers; never an Authorization.
_KEPT = ("sentry-hook-resource", "sentry-hook-timestamp", "request-id", "content-type")


async def read(
    ctx: Context,
    source: str,
    hook_id: str,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    body: bytes,
) -> Delivery:
    """Prove the sender and make a delivery.

    Senders that cannot set a header put ``?secret=`` into the URL. Raises NotFound for an
    unknown source, BadSignature (also for an unknown door: it is not told apart), BadPayload,
    Unavailable while Redis is away and the door was not used here before.
    """
    parser = SOURCES.get(source)
    if parser is None:
        raise NotFound(f"There is no source {source!r}: {', '.join(sorted(SOURCES))}.")
    try:
        async with asyncio.timeout(PATIENCE):
            hook = await ctx.vault.hook(hook_id)
    except NotFound:
        raise BadSignature("The secret does not match.") from None
    except (RedisError, TimeoutError) as error:
        known = ctx.vault.seen(hook_id)
        if known is None:
            raise Unavailable("Redis is away and this door is new here; send again.") from error
        hook = known
    if hook.source != source:
        raise BadSignature("The secret does not match.")
    shown = {name.lower(): value for name, value in headers.items()}
    if secret := query.get("secret"):
        shown.setdefault("x-soulcaster-token", secret)
    parser.verify(shown, body, hook.secret)
    if not body.strip():
        raise BadPayload("The body is empty.")
    try:
        from_json(body)
    except ValueError as error:
        raise BadPayload(f"This is no JSON: {error}.") from error
    meta = {name: shown[name] for name in _KEPT if name in shown}
    meta |= {"source": source, "project": str(hook.project)}
    return Delivery(jobs.hear_alert.name, meta, body, ctx.now().timestamp())
