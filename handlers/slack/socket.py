"""Socket Mode: Slack's requests over a connection that we open, for servers without a public URL.

An envelope is acknowledged once its request is stored, as at the HTTP doors; several processes may
each hold a connection, and Slack sends a request to one of them.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bot.domain.errors import SoulcasterError
from bot.log import log

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

LOOK_SECONDS = 2.0
# The SDK has a line, often with a traceback, for every try; we say once that it is away.
_SILENT = logging.getLogger("soulcaster.socket")
_SILENT.setLevel(logging.CRITICAL + 1)


async def listen(bolt: AsyncApp, token: str) -> None:
    """Hear Slack over connections of ours until cancelled; the SDK renews them."""
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

    handler = AsyncSocketModeHandler(bolt, token, logger=_SILENT)
    client: Any = handler.client

    async def heard(client: Any, request: Any) -> None:
        try:
            await handler.handle(client, request)
        except SoulcasterError as error:  # not acknowledged, so it comes again
            log.error("refused", path="Slack's socket", why=str(error))
        except Exception as error:
            log.error("could not be heard", path="Slack's socket", exc_info=error)

    client.socket_mode_request_listeners[:] = [heard]
    connecting = asyncio.create_task(client.connect())
    try:
        await _watch(client)
    finally:
        connecting.cancel()
        with suppress(asyncio.CancelledError):
            await connecting
        await client.close()


async def _watch(client: Any) -> None:
    """Say once that it is away, and once that it is there."""
    stood: bool | None = None
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        connected = await client.is_connected()
        if not connected:
            # The SDK would try an address again that may have lapsed.
            client.wss_uri = None
        if connected is not stood:
            stood = connected
            if connected:
                log.info("Slack is heard over Socket Mode")
            else:
                log.warning("Slack's Socket Mode is away: soulcaster doctor says why")
