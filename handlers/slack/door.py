"""Slack's three addresses, behind slack-bolt: proven, stored, acknowledged, and only then heard.

Only a secret is asked for at once: a modal cannot wait, and it is stored apart from what was said.

https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.context import Context
from bot.domain.errors import BadPayload, BadSignature
from bot.sources.proof import SignedBody
from bot.storage.inbox import Delivery
from handlers.doors.doors import Doors
from handlers.slack import modal
from workers import jobs

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

# Far above what Slack sends; a view may have 250 kB of state.
MAX_BODY = 1024 * 1024
FRESH_SECONDS = 5 * 60
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_PREFIX = "v0="
_OF_SHAPE = (ValueError, TypeError, AttributeError, LookupError, RecursionError)

Store = Callable[[Delivery], Awaitable[None]]


def add_routes(app: web.Application, ctx: Context, doors: Doors, store: Store) -> None:
    """Open Slack's doors, where Slack is connected."""
    if ctx.slack is None:
        return
    from slack_bolt.adapter.aiohttp import to_aiohttp_response
    from slack_bolt.request.async_request import AsyncBoltRequest

    bolt = build_bolt(ctx, store, doors.warn_once)
    secret = ctx.settings.slack_signing_secret.get_secret_value()

    async def door(request: web.Request) -> web.Response:
        with doors.bodies.room(request, MAX_BODY) as room:
            body = await doors.prove(
                request, room, "slack", lambda: prove(request.headers, secret, time.time())
            )
            try:
                asked = AsyncBoltRequest(
                    body=body.decode(), query=request.query_string, headers=dict(request.headers)
                )
                answer = await bolt.async_dispatch(asked)
            # Bolt takes the shape of what it reads for granted.
            except _OF_SHAPE as error:
                raise BadPayload("The body cannot be read.") from error
            return await to_aiohttp_response(answer)

    for name in ("commands", "interactions", "events"):
        app.router.add_post(f"/slack/{name}", door)


def prove(headers: Mapping[str, str], secret: str, now: float) -> SignedBody:
    """What proves the body that follows: signed with its version and time, good for five minutes.

    Raises BadSignature for headers that can prove nothing.
    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    at = headers.get("x-slack-request-timestamp", "")
    signature = headers.get("x-slack-signature", "")
    if not _TIMESTAMP.fullmatch(at) or not signature.startswith(_PREFIX):
        raise BadSignature("X-Slack-Signature and X-Slack-Request-Timestamp are needed.")
    if abs(now - int(at)) > FRESH_SECONDS:
        raise BadSignature("The request is not from now.")
    return SignedBody(signature[len(_PREFIX) :], secret, before=f"v0:{at}:".encode())


def build_bolt(ctx: Context, store: Store, warn_once: Callable[[str], None]) -> AsyncApp:
    """The Bolt app: a listener stores and acknowledges; what none hears is named once."""
    from slack_bolt.async_app import AsyncApp
    from slack_bolt.error import BoltUnhandledRequestError
    from slack_bolt.response import BoltResponse

    if ctx.slack is None:
        raise ValueError("Slack is not connected")
    bolt = AsyncApp(
        # Without a name Bolt walks the stack for one, and every module that is loaded with it.
        name="soulcaster",
        signing_secret=ctx.settings.slack_signing_secret.get_secret_value(),
        client=ctx.slack.client,
        raise_error_for_unhandled_request=True,
        # Otherwise an event is acknowledged before its listener has stored it.
        process_before_response=True,
    )

    @bolt.error
    async def hand_on(error: Exception, body: dict[str, Any]) -> BoltResponse:
        if not isinstance(error, BoltUnhandledRequestError):
            raise error
        what = f"Slack's {body.get('type') or body.get('command')}"[:60]
        warn_once(f"{what} is not heard here")
        await ctx.inbox.count_unread(what)
        return BoltResponse(status=200)

    def kept(kind: str) -> Callable[[Any, dict[str, Any]], Awaitable[None]]:
        async def listener(ack: Any, body: dict[str, Any]) -> None:
            if ctx.slack and kind != "mention" and (view := modal.asking(body)):
                await ctx.slack.open_view(body["trigger_id"], view)
            else:
                await keep(kind, body)
            await ack()

        return listener

    async def keep(kind: str, body: dict[str, Any]) -> None:
        raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        at = ctx.now().timestamp()
        await store(Delivery(jobs.hear_slack.name, {"kind": kind}, raw, at, lane="people"))

    @bolt.view(modal.CALLBACK)
    async def given(ack: Any, body: dict[str, Any]) -> None:
        word = await ctx.vault.hand_over(modal.typed(body))
        await keep("command", modal.line_with(body, word))
        await ack()

    bolt.command(re.compile(r"/(soulcaster|sc)"))(kept("command"))
    bolt.event("app_mention")(kept("mention"))
    bolt.action(re.compile(r".*"))(kept("button"))

    @bolt.event(re.compile(r".*"))
    async def other(ack: Any) -> None:
        await ack()

    return bolt
