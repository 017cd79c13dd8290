"""Posting to Slack. https://docs.slack.dev/apis/web-api/rate-limits"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.domain.errors import Rejected, Unavailable
from bot.domain.ports import Guard
from bot.domain.rooms import Standing
from bot.render import SlackMessage
from bot.retrying import retry_after
from bot.storage.budget import Budget, Limit
from bot.storage.marks import Marks
from bot.storage.scripts import Scripts


def make_client(token: str, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client that tries again when Slack is failing."""
    return AsyncWebClient(
        token=token,
        base_url=base_url.rstrip("/") + "/",
        session=session,
        retry_handlers=[
            AsyncConnectionErrorRetryHandler(max_retry_count=2),
            AsyncServerErrorRetryHandler(max_retry_count=2),
        ],
    )


SHARED_SECONDS = 60.0
# About one a second and channel, "short bursts" above it: our messages, and our edits of them.
_MESSAGES = (Limit(4, 4),)
# What a message may wait in place.
_PATIENCE = 5.0
# Slack's own troubles. https://docs.slack.dev/reference/methods/chat.postMessage#errors
_PASSING = frozenset({"internal_error", "fatal_error", "service_unavailable"})


def _code(error: SlackApiError) -> str:
    """Slack's word for what went wrong; "" when the answer was none of Slack's own."""
    said = error.response.data
    return str(said.get("error") or "") if isinstance(said, dict) else ""


def _posting(client: AsyncWebClient) -> AsyncWebClient:
    """The same client, that repeats nothing whose outcome is unknown: a message has no id of
    ours that Slack would know it by."""
    return AsyncWebClient(
        token=client.token, base_url=client.base_url, session=client.session, retry_handlers=[]
    )


class Slack:
    """What we do in Slack, with our errors. ``guard`` is what every call is made within."""

    def __init__(
        self,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        scripts: Scripts,
        marks: Marks,
        *,
        guard: Guard = nullcontext,
    ) -> None:
        self._client = client
        self._scripts = scripts
        self._marks = marks
        # A token that was taken back never comes to life again: a new installation has another.
        self._grave = f"slack-{hashlib.sha256((client.token or '').encode()).hexdigest()[:16]}"
        self._guard = guard
        self._posting = _posting(client)
        self._session = session
        self._identity: dict[str, str] = {}
        self._shared: dict[str, tuple[float, bool]] = {}

    @property
    def client(self) -> AsyncWebClient:
        """The SDK's client, for Bolt."""
        return self._client

    def _budget(self, method: str, channel: str) -> Budget:
        """Slack counts messages by channel, and everything else by method."""
        if method in ("chat_postMessage", "chat_update"):
            return Budget(self._scripts, "Slack", channel, content=_MESSAGES, patience=_PATIENCE)
        return Budget(self._scripts, "Slack", method)

    async def _call(self, method: Callable[..., Awaitable[Any]], **arguments: Any) -> Any:
        if at := await self.gone():
            raise Rejected(f"Slack took our token back on {at:%d %b %H:%M} UTC: nothing is said.")
        budget = self._budget(method.__name__, arguments.get("channel", ""))
        async with self._guard(), budget.spend(content=True) as request:
            try:
                return await method(**arguments)
            except SlackApiError as error:
                code, status = _code(error), error.response.status_code
                said = f"Slack says {code or status}."
                if status == 429 or code == "ratelimited":
                    wait = await budget.told(request, retry_after(error.response.headers))
                    raise Unavailable(said, retry_after=wait) from error
                if status >= 500 or code in _PASSING:
                    raise Unavailable(said) from error
                raise Rejected(f"Slack refused: {code or status}.") from error
            except (aiohttp.ClientError, TimeoutError) as error:
                raise Unavailable(f"Slack cannot be reached ({type(error).__name__}).") from error

    async def gone(self) -> datetime | None:
        """Since when our token is no longer good, as Slack told us."""
        return await self._marks.get(self._grave)

    async def taken_back(self, at: datetime) -> None:
        """The app was uninstalled, or its token revoked: nothing is asked of Slack any more."""
        await self._marks.put(self._grave, at)

    async def identity(self) -> dict[str, str]:
        """Who we are: ``user_id``, ``bot_id``, ``team_id``, ``url``."""
        if not self._identity:
            answer = await self._call(self._client.auth_test)
            self._identity = {k: str(answer.get(k, "")) for k in ("user_id", "team_id", "url")}
        return self._identity

    async def post(self, channel: str, message: SlackMessage, *, thread: str = "") -> str:
        """Post a message; its ``ts``. After Unavailable it may be there: look before you repeat."""
        answer = await self._call(
            self._posting.chat_postMessage,
            channel=channel,
            text=message.text,
            blocks=message.blocks,
            metadata=message.metadata,
            thread_ts=thread or None,
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(answer["ts"])

    async def edit(self, channel: str, ts: str, message: SlackMessage) -> bool:
        """Edit a message in place; False when it was deleted."""
        try:
            await self._call(
                self._client.chat_update,
                channel=channel,
                ts=ts,
                text=message.text,
                blocks=message.blocks,
                metadata=message.metadata,
            )
        except Rejected as error:
            if "message_not_found" in str(error):
                return False
            raise
        return True

    async def find(self, channel: str, message: SlackMessage, *, thread: str = "") -> str | None:
        """The ``ts`` of the newest message with this one's metadata; the last hundred count."""
        asked = {"channel": channel, "limit": 100, "include_all_metadata": True}
        if thread:
            answer = await self._call(self._client.conversations_replies, ts=thread, **asked)
        else:
            answer = await self._call(self._client.conversations_history, **asked)
        for posted in answer.get("messages") or []:
            if posted.get("metadata") == message.metadata:
                return str(posted["ts"])
        return None

    async def is_shared(self, channel: str) -> bool:
        """Whether people of other companies are in the channel, as of a minute ago at the most.

        https://docs.slack.dev/apis/slack-connect
        """
        at, shared = self._shared.get(channel, (0.0, True))
        if not at or time.monotonic() - at > SHARED_SECONDS:
            answer = await self._call(self._client.conversations_info, channel=channel)
            shared = bool(answer["channel"].get("is_ext_shared"))
            self._shared[channel] = (time.monotonic(), shared)
        return shared

    async def shut(self, channel: str) -> Standing | None:
        """Why nothing can be posted in the channel, as Slack says now; None where it can."""
        try:
            told = await self._call(self._client.conversations_info, channel=channel)
        except Rejected as error:
            if "channel_not_found" in str(error):  # deleted, or private and we are not in it
                return "closed"
            raise
        if told["channel"].get("is_archived"):
            return "archived"
        return None if told["channel"].get("is_member") else "closed"

    async def whisper(
        self, channel: str, user: str, message: SlackMessage, *, thread: str = ""
    ) -> None:
        """Say something that only one person sees: where they talk with us alone, all of it."""
        if channel.startswith("D"):
            await self.post(channel, message, thread=thread)
            return
        await self._call(
            self._client.chat_postEphemeral,
            channel=channel,
            user=user,
            text=message.text,
            blocks=message.blocks,
            thread_ts=thread or None,
        )

    async def open_socket(self, app_token: str) -> str:
        """The address of a new Socket Mode connection. Raises Rejected for a token that is no
        app's, or has no ``connections:write``."""
        answer = await self._call(self._client.apps_connections_open, app_token=app_token)
        return str(answer["url"])

    async def open_view(self, trigger: str, view: dict[str, Any]) -> None:
        """Show a modal to who pressed or typed something within the last three seconds."""
        await self._call(self._client.views_open, trigger_id=trigger, view=view)

    async def direct(self, user: str) -> str:
        """The conversation that a person has with us alone."""
        answer = await self._call(self._client.conversations_open, users=user)
        return str(answer["channel"]["id"])

    async def show_home(self, user: str, blocks: list[dict[str, Any]], metadata: str) -> None:
        """Show this on a person's home tab."""
        view = {"type": "home", "blocks": blocks, "private_metadata": metadata}
        await self._call(self._client.views_publish, user_id=user, view=view)

    async def unfurl(
        self, below: Mapping[str, str], url: str, blocks: list[dict[str, Any]]
    ) -> None:
        """Show blocks below a link; ``below`` says in which message."""
        await self._call(self._client.chat_unfurl, unfurls={url: {"blocks": blocks}}, **below)

    async def suggest(self, channel: str, thread: str, prompts: list[dict[str, str]]) -> None:
        """Offer what may be said in a thread of the assistant's pane."""
        where = {"channel_id": channel, "thread_ts": thread}
        asked = self._client.assistant_threads_setSuggestedPrompts
        await self._call(asked, **where, prompts=prompts)

    async def react(self, channel: str, ts: str, name: str) -> None:
        """Add a reaction; there already, or the message gone, is fine."""
        try:
            await self._call(self._client.reactions_add, channel=channel, timestamp=ts, name=name)
        except Rejected as error:
            if not any(code in str(error) for code in ("already_reacted", "message_not_found")):
                raise

    async def answer(self, url: str, message: SlackMessage) -> bool:
        """Answer a slash command or button by its ``response_url``, to that person only.

        False when the address is used up (five answers, thirty minutes), or none of Slack's.
        """
        if not self._is_slacks(url):
            return False
        webhook = AsyncWebhookClient(url, session=self._session)
        try:
            response = await webhook.send(
                text=message.text,
                blocks=message.blocks,
                response_type="ephemeral",
                replace_original=False,
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(f"Slack cannot be reached ({type(error).__name__}).") from error
        return bool(response.status_code == 200)

    def _is_slacks(self, url: str) -> bool:
        """Whether Slack itself answers there: its own host, or that of the API where it differs."""
        api = urlsplit(self._client.base_url)
        host = "hooks.slack.com" if api.netloc == "slack.com" else api.netloc
        return url.startswith(f"{api.scheme}://{host}/")
