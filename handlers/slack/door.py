"""Slack's three addresses, and its socket: proven, stored, acknowledged, and only then heard.

The socket is a connection that we open, for servers without a public URL; several processes may
each hold one, and Slack sends a request to one of them.

https://docs.slack.dev/apis/events-api/using-socket-mode

https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import yaml
from aiohttp import web
from yarl import URL

from bot import SHIPPED
from bot.context import Context
from bot.domain.errors import BadPayload, BadSignature, SoulcasterError
from bot.log import log
from bot.settings import Settings
from bot.slack.client import Slack
from bot.slack.workspaces import once
from bot.sources.proof import SignedBody
from handlers.doors.doors import Doors
from handlers.slack.heard import Store, build_bolt

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp
    from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow

INSTALL, BACK = "/slack/install", "/slack/oauth_redirect"
_MANIFEST = SHIPPED / "slack-manifest.yml"
# Far above what Slack sends; a view may have 250 kB of state.
MAX_BODY = 1024 * 1024
FRESH_SECONDS = 5 * 60
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_PREFIX = "v0="
LOOK_SECONDS = 2.0
# The SDK has a line, often with a traceback, for every try; we say once that it is away.
_SILENT = logging.getLogger("soulcaster.socket")
_SILENT.setLevel(logging.CRITICAL + 1)
_OF_SHAPE = (ValueError, TypeError, AttributeError, LookupError, RecursionError)


def add_routes(app: web.Application, ctx: Context, doors: Doors, store: Store) -> None:
    """Open Slack's doors, where Slack is connected: HTTP with a signing secret, a socket with an
    app's token. Both lead to one Bolt app."""
    if ctx.slack is None:
        return
    flow = _installing(app, ctx.settings, ctx.slack)
    bolt = build_bolt(ctx, ctx.slack, store, doors.warn_once, flow)
    if secret := ctx.settings.slack_signing_secret.get_secret_value():
        _over_http(app, bolt, doors, secret)
    if token := ctx.settings.slack_app_token.get_secret_value():

        async def listening(_app: web.Application) -> AsyncIterator[None]:
            task = asyncio.create_task(listen(bolt, token))
            yield
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        app.cleanup_ctx.append(listening)


def _over_http(app: web.Application, bolt: AsyncApp, doors: Doors, secret: str) -> None:
    from slack_bolt.adapter.aiohttp import to_aiohttp_response
    from slack_bolt.request.async_request import AsyncBoltRequest

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
    https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    at = headers.get("x-slack-request-timestamp", "")
    signature = headers.get("x-slack-signature", "")
    if not _TIMESTAMP.fullmatch(at) or not signature.startswith(_PREFIX):
        raise BadSignature("X-Slack-Signature and X-Slack-Request-Timestamp are needed.")
    if abs(now - int(at)) > FRESH_SECONDS:
        raise BadSignature("The request is not from now.")
    return SignedBody(signature[len(_PREFIX) :], secret, before=f"v0:{at}:".encode())


async def listen(bolt: AsyncApp, token: str) -> None:
    """Hear Slack over connections of ours until cancelled; the SDK renews them."""
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

    handler = AsyncSocketModeHandler(bolt, token, logger=_SILENT)
    client: Any = handler.client

    async def heard(client: Any, request: Any) -> None:
        try:
            await handler.handle(client, request)
        except Exception as error:  # not acknowledged, so it comes again
            trace = None if isinstance(error, SoulcasterError) else error
            log.error("not heard over Slack's socket", why=str(error), exc_info=trace)

    client.socket_mode_request_listeners[:] = [heard]
    connecting = asyncio.create_task(client.connect())
    stood: bool | None = None
    try:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            connected = await client.is_connected()
            if not connected:
                client.wss_uri = None  # the SDK would try an address again that may have lapsed
            if connected is not stood and connected:
                log.info("Slack is heard over Socket Mode")
            elif connected is not stood:
                log.warning("Slack's Socket Mode is away: soulcaster doctor says why")
            stood = connected
    finally:
        connecting.cancel()
        with suppress(asyncio.CancelledError):
            await connecting
        await client.close()


def _installing(app: web.Application, s: Settings, slack: Slack) -> AsyncOAuthFlow | None:
    """Open both addresses to browsers, where several workspaces may install the app: the app in one
    more of them, by Bolt's own flow. Only whom we sent to Slack comes back: with a state that is
    good for ten minutes, in the browser that holds its cookie.
    https://docs.slack.dev/authentication/installing-with-oauth"""
    if slack.workspaces is None:
        return None
    from slack_bolt.adapter.aiohttp import to_aiohttp_response
    from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
    from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
    from slack_bolt.request.async_request import AsyncBoltRequest

    settings = AsyncOAuthSettings(
        client_id=s.slack_client_id,
        client_secret=s.slack_client_secret.get_secret_value(),
        scopes=yaml.safe_load(_MANIFEST.read_text())["oauth_config"]["scopes"]["bot"],
        user_scopes=[],
        redirect_uri=s.soulcaster_public_url + BACK,
        install_page_rendering_enabled=False,
        authorization_url=str(URL(s.slack_api_url).origin() / "oauth/v2/authorize"),
        installation_store=slack.workspaces,
        state_store=slack.workspaces,
    )
    flow = AsyncOAuthFlow(client=once(slack.client), settings=settings)

    async def door(request: web.Request) -> web.Response:
        asked = AsyncBoltRequest(body="", query=request.query_string, headers=dict(request.headers))
        handle = flow.handle_installation if request.path == INSTALL else flow.handle_callback
        return await to_aiohttp_response(await handle(asked))

    for path in (INSTALL, BACK):
        app.router.add_get(path, door)
    return flow
