"""Slack's three addresses, behind slack-bolt: proven, stored, acknowledged, and only then heard.

https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.context import Context
from bot.domain.errors import BadPayload
from bot.storage.inbox import Delivery
from workers import jobs

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

Store = Callable[[Context, Delivery], Awaitable[None]]


def add_routes(app: web.Application, ctx: Context, store: Store) -> None:
    """Open Slack's doors, where Slack is connected."""
    if ctx.slack is None:
        return
    from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request

    bolt = build_bolt(ctx, store)

    async def door(request: web.Request) -> web.Response:
        try:
            asked = await to_bolt_request(request)
        except (ValueError, LookupError) as error:
            raise BadPayload("The body cannot be read.") from error
        answer = await bolt.async_dispatch(asked)
        return await to_aiohttp_response(answer)

    for name in ("commands", "interactions", "events"):
        app.router.add_post(f"/slack/{name}", door)


def build_bolt(ctx: Context, store: Store) -> AsyncApp:
    """The Bolt app: every listener stores and acknowledges, and does nothing else."""
    from slack_bolt.async_app import AsyncApp

    if ctx.slack is None:
        raise ValueError("Slack is not connected")
    bolt = AsyncApp(
        signing_secret=ctx.settings.slack_signing_secret.get_secret_value(),
        client=ctx.slack.client,
        raise_error_for_unhandled_request=False,
    )

    async def keep(kind: str, body: dict[str, Any]) -> None:
        raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        await store(ctx, Delivery(jobs.hear_slack.name, {"kind": kind}, raw, ctx.now().timestamp()))

    @bolt.command(re.compile(r"/(soulcaster|sc)"))
    async def slash(ack: Any, body: dict[str, Any]) -> None:
        await keep("command", body)
        await ack()

    @bolt.event("app_mention")
    async def mention(ack: Any, body: dict[str, Any]) -> None:
        await keep("mention", body)
        await ack()

    @bolt.action(re.compile(r".*"))
    async def button(ack: Any, body: dict[str, Any]) -> None:
        await keep("button", body)
        await ack()

    @bolt.event(re.compile(r".*"))
    async def other(ack: Any) -> None:
        await ack()

    return bolt
