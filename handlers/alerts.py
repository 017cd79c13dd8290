"""The doors for alerts and feedback: ``/hooks/{source}/{hook}``."""

from __future__ import annotations

import asyncio

from aiohttp import web
from pydantic_core import from_json
from redis.exceptions import RedisError

from bot.context import Context
from bot.domain.errors import BadPayload, BadSignature, NotFound, Unavailable, WrongSecret
from bot.sources import SOURCES, proof
from bot.storage.inbox import Delivery
from bot.storage.vault import Hook
from handlers.doors.bodies import Room
from handlers.doors.doors import Doors
from workers import jobs

MAX_BODY = 5 * 1024 * 1024
# How long a door waits for Redis, in seconds, before it goes by what it knew.
PATIENCE = 0.25
# What a parser may read of the headers; never an Authorization.
_KEPT = ("sentry-hook-resource", "sentry-hook-timestamp", "request-id", "content-type")


async def read(ctx: Context, doors: Doors, request: web.Request, room: Room) -> Delivery:
    """Prove the sender and make a delivery.

    A sender that can set no header puts ``?secret=`` into the URL, where its source allows that.
    Raises NotFound for an unknown source, BadSignature (also for an unknown door: it is not told
    apart), TooMany, BadPayload, Unavailable while Redis is away and the door was not used here
    before, and what ``room.read`` raises.
    """
    source = request.match_info["source"]
    parser = SOURCES.get(source)
    if parser is None:
        raise NotFound(f"There is no source {source!r}: {', '.join(sorted(SOURCES))}.")
    told = {name.lower(): value for name, value in request.headers.items()}
    weak = parser.SECRET_IN_URL and not proof.shown(told) and request.query.get("secret")
    if weak:
        told[proof.TOKEN_HEADER] = weak
    if not proof.shown(told):
        raise BadSignature("A proof is needed: a signature, or the secret in a header.")
    hook = await _find(ctx, request.match_info["hook"])

    def begin() -> proof.Proof:
        if hook is None or hook.source != source:
            raise WrongSecret("The secret does not match.")
        return parser.prove(told, hook.secret)

    body = await doors.prove(request, room, f"hook {hook.id}" if hook else "no hook", begin)
    assert hook is not None  # noqa: S101 - or nothing was proven
    if weak and not ctx.outage.on:
        await ctx.vault.mark_weak(hook)
    if not body.strip():
        raise BadPayload("The body is empty.")
    try:
        from_json(body)
    except ValueError as error:
        raise BadPayload(f"This is no JSON: {error}.") from error
    meta = {name: told[name] for name in _KEPT if name in told}
    meta |= {"source": source, "project": str(hook.project)}
    return Delivery(jobs.hear_alert.name, meta, body, ctx.now().timestamp(), tenant=hook.project)


async def _find(ctx: Context, hook: str) -> Hook | None:
    """A door; None where there is none. Raises Unavailable, see ``read``."""
    if not ctx.outage.on:
        try:
            async with asyncio.timeout(PATIENCE):
                return await ctx.vault.hook(hook)
        except NotFound:
            return None
        except (RedisError, TimeoutError) as error:
            ctx.outage.began(error)
    known = ctx.vault.seen(hook)
    if known is None:
        raise Unavailable("Redis is away and this door is new here; send again.")
    return known
