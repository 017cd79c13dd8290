"""An incoming webhook, of Slack or of who speaks as it does (Mattermost, Discord's /slack ...).

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from __future__ import annotations

import html

import aiohttp

from bot.domain.errors import Unavailable
from bot.domain.secrets import redact

SECONDS = 5.0


async def post(http: aiohttp.ClientSession, url: str, words: str) -> None:
    """Say it there, without secrets; nothing in it mentions or links. Raises Unavailable."""
    told = {"text": html.escape(redact(words), quote=False)}
    try:
        async with http.post(
            url, json=told, allow_redirects=False, timeout=aiohttp.ClientTimeout(SECONDS)
        ) as answer:
            if answer.status >= 300:
                raise Unavailable(f"it answers {answer.status}")
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        # Their words may hold the address, which is a secret.
        raise Unavailable(type(error).__name__) from None
