"""Words to an incoming webhook: of Slack, or of who speaks as it does."""

from __future__ import annotations

import html

import aiohttp
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.domain.errors import Unavailable
from bot.domain.secrets import redact


async def tell_webhook(session: aiohttp.ClientSession, url: str, words: str) -> None:
    """Say it to an incoming webhook, of Slack or of who speaks as it does, without secrets; nothing
    in it mentions or links. Raises Unavailable."""
    webhook = AsyncWebhookClient(url, session=session, timeout=5, retry_handlers=[])
    try:
        answer = await webhook.send(text=html.escape(redact(words), quote=False))
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        # Their words may hold the address, which is a secret.
        raise Unavailable(type(error).__name__) from None
    if answer.status_code != 200:
        raise Unavailable(f"it answers {answer.status_code}")
