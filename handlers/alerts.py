"""The doors for alerts and feedback: ``/hooks/{source}/{hook}``, and the API's paths to them."""

import asyncio
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from aiohttp import web
from redis.exceptions import RedisError

from bot.context import Context
from bot.domain import errors
from bot.sources import FORMS, SOURCES, cloudwatch, proof
from bot.sources.reading import decode
from bot.storage.health import PASSED, WRONG
from bot.storage.inbox import Delivery
from bot.storage.vault import Hook
from handlers.doors.doors import Doors, Room
from workers import jobs

MAX_BODY = 5 * 1024 * 1024
# How long a door waits for Redis, in seconds, before it goes by what it knew.
PATIENCE = 0.25
# A delivery whose sender cannot be proven yet, what is kept of its headers, and its door's id.
UNPROVEN = "unproven"
_PROVES = ("authorization", proof.TOKEN_HEADER)
_HOOK = re.compile(r"[A-Za-z0-9_-]{22}")
# What a parser may read of the headers; never an Authorization.
_KEPT = ("sentry-hook-resource", "sentry-hook-timestamp", "request-id", "content-type")


async def read(ctx: Context, doors: Doors, request: web.Request, room: Room) -> Delivery | str:
    """Prove the sender and make a delivery; or why there is none, for which it need not come again.
    A sender that can set no header puts ``?secret=`` into the URL, where its source allows that.
    Raises NotFound for an unknown source, BadSignature (also for an unknown door: it is not told
    apart), Forbidden, TooMany, Unreadable, and what ``room.read`` raises. While Redis is away a
    door that was not used here before is proven later, see ``prove_late``."""
    source = request.match_info["source"]
    door = request.match_info.get("hook") or request.query.get("hook", "")  # as the API has it
    parser = SOURCES.get(source)
    if parser is None:
        raise errors.NotFound(f"There is no source {source!r}: {', '.join(sorted(SOURCES))}.")
    told = {name.lower(): value for name, value in request.headers.items()}
    weak = parser.SECRET_IN_URL and not proof.shown(told) and request.query.get("secret")
    if weak:
        told[proof.TOKEN_HEADER] = weak
    if not proof.shown(told):
        raise errors.BadSignature("A proof is needed: a signature, or the secret in a header.")
    try:
        hook = await _find(ctx, door)
    except errors.Unavailable:
        return await _keep_unproven(ctx, doors, request, room, told, door)
    if not ctx.outage.on:
        doors.unproven.clear()

    now, name = ctx.now(), f"hook {hook.id}" if hook else "no hook"
    try:
        body = await doors.prove(request, room, name, lambda: _begin(hook, source, told, now))
    except errors.WrongSecret:
        if hook:
            await _note(ctx, hook, WRONG)
        raise
    assert hook is not None  # noqa: S101 - or nothing was proven
    if weak and not hook.weak and not ctx.outage.on:
        with suppress(RedisError):
            await ctx.vault.change(hook, weak=True)
    if hook.paused:
        await _note(ctx, hook, PASSED)
        return "paused: not taken"
    heard, kind = _delivery(hook, told, body, now.timestamp()), told.get("content-type", "")
    refusal: type[errors.SoulcasterError] = errors.Forbidden
    odd = False
    try:
        payload = decode(body, kind)
        parser.parse(payload, {**heard.meta, "fields": hook.fields}, now)
        why = cloudwatch.other_topic(payload, hook.topic)
    except errors.BadPayload as error:
        refusal, why = errors.Unreadable, str(error)
        if odd := source not in FORMS and bool(re.search("form|xml", kind)):
            why = f"{parser.LABEL} is not read from {kind[:80]}: have it send JSON."
    if not why:
        return replace(heard, most=ctx.settings.soulcaster_backlog)
    await _note(ctx, hook, f"refused: {why}", body)
    if odd:
        doors.warn_once(f"{hook.word} of project {hook.project}: {why}")
        return why
    raise refusal(why)


def _begin(hook: Hook | None, source: str, told: Mapping[str, str], at: datetime) -> proof.Proof:
    if hook is None or hook.source != source:
        raise errors.WrongSecret("The secret does not match.")
    return SOURCES[source].prove(told, *hook.secrets(at))


async def _note(ctx: Context, hook: Hook, how: str, body: bytes | None = None) -> None:
    """Count what came to a door, while Redis is there."""
    if not ctx.outage.on:
        await ctx.vault.health.note(hook.project, hook.id, ctx.now(), how, body)


async def prove_late(ctx: Context, delivery: Delivery) -> Delivery | None:
    """One of ``_keep_unproven``, now that its door can be looked up; None when it is not proven.
    Any other is proven already, and returned as it is."""
    if delivery.kind != UNPROVEN:
        return delivery
    told = json.loads(delivery.meta["told"])
    try:
        hook = await _open(ctx, delivery.meta["hook"])
        at = datetime.fromtimestamp(delivery.received_at, UTC)
        shown = _begin(hook, delivery.meta["source"], told, at)
        shown.update(delivery.body)
        shown.finish()
    except (errors.NotFound, errors.BadSignature, errors.ConfigError):
        await ctx.inbox.count_unread("not proven")
        return None
    if hook.paused:
        await ctx.vault.health.note(hook.project, hook.id, at, PASSED)
        return None
    return _delivery(hook, told, delivery.body, delivery.received_at)


async def _keep_unproven(
    ctx: Context, doors: Doors, request: web.Request, room: Room, told: Mapping[str, str], hook: str
) -> Delivery:
    """A delivery that says what is needed to prove it later; it goes to disk, never to the inbox.
    Raises Unavailable when this address has sent too many."""
    if not _HOOK.fullmatch(hook):
        raise errors.BadSignature("The secret does not match.")
    doors.unproven.take(doors.address(request), request.content_length or MAX_BODY)
    body = await room.read(proof.Proof())
    decode(body, told.get("content-type", ""))
    needed = {n: v for n, v in told.items() if n in _KEPT or n in _PROVES or "signature" in n}
    meta = {"source": request.match_info["source"], "hook": hook, "told": json.dumps(needed)}
    return Delivery(UNPROVEN, meta, body, ctx.now().timestamp())


def _delivery(hook: Hook, told: Mapping[str, str], body: bytes, at: float) -> Delivery:
    meta = {name: told[name] for name in _KEPT if name in told}
    meta |= {"source": hook.source, "project": str(hook.project), "hook": hook.id}
    return Delivery(jobs.hear_alert.name, meta, body, at, tenant=hook.project)


async def _open(ctx: Context, hook: str) -> Hook:
    """A door of a repository that the app is on; where it was removed there is none. Raises
    NotFound, ConfigError when no key opens it."""
    found = await ctx.vault.hook(hook)
    await ctx.projects.get(found.project)
    return found


async def _find(ctx: Context, hook: str) -> Hook | None:
    """A door; None where there is none. Raises Unavailable, see ``read``."""
    if not ctx.outage.on:
        try:
            async with asyncio.timeout(PATIENCE):
                return await _open(ctx, hook)
        except errors.NotFound:
            return None
        except (RedisError, TimeoutError) as error:
            ctx.outage.began(error)
    known = ctx.vault.seen(hook)
    if known is None:
        raise errors.Unavailable("Redis is away and this door is new here; send again.")
    return known
