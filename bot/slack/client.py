"""Posting to Slack. https://docs.slack.dev/apis/web-api/rate-limits · A conversation is named
``C1`` in the workspace whose token was pasted, and ``T2/C1`` in one that installed the app by
OAuth: so whatever is kept by a conversation is one workspace's."""

import hashlib
import html
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.domain.errors import NotAllowed, Rejected, Unavailable
from bot.domain.ports import Guard
from bot.domain.rooms import WAITS, Standing
from bot.domain.secrets import redact
from bot.render import SlackMessage
from bot.retrying import retry_after
from bot.slack.dropped import HOST, UNREAD, Dropped, pieces
from bot.slack.workspaces import Workspaces, once
from bot.storage.budget import Budget, Limit
from bot.storage.marks import Marks
from bot.storage.scripts import Scripts


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


def _parts(conversation: str) -> tuple[str, str]:
    """``("T2", "C1")``; "" is the workspace whose token was pasted."""
    team, _, bare = conversation.rpartition("/")
    return team, bare


class Slack:
    """What we do in Slack, with our errors. ``guard`` is what every call is made within. The token
    of ``client``, where it has one, was pasted; ``workspaces`` have their own."""

    def __init__(
        self,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        scripts: Scripts,
        marks: Marks,
        *,
        workspaces: Workspaces | None = None,
        guard: Guard = nullcontext,
    ) -> None:
        self.client, self.workspaces, self._scripts = client, workspaces, scripts
        self._marks = marks
        # A token that was taken back never comes to life again: a new installation has another.
        self._grave = f"slack-{hashlib.sha256((client.token or '').encode()).hexdigest()[:16]}"
        self._guard = guard
        self._posting = once(client)
        self._session = session
        self._identity: dict[str, dict[str, str]] = {}
        self._shared: dict[str, tuple[float, bool]] = {}

    def _budget(self, method: str, team: str, channel: str) -> Budget:
        """Slack counts messages by channel, and everything else by workspace and method."""
        if method in ("chat_postMessage", "chat_update"):
            return Budget(self._scripts, "Slack", channel, content=_MESSAGES, patience=_PATIENCE)
        return Budget(self._scripts, "Slack", f"{team}{method}")

    async def _call(
        self, method: Callable[..., Awaitable[Any]], *, team: str = "", **arguments: Any
    ) -> Any:
        if channel := arguments.get("channel", ""):
            team, arguments["channel"] = _parts(channel)
        if not team and (at := await self.gone()):
            raise Rejected(f"Slack took our token back on {at:%d %b %H:%M} UTC: nothing is said.")
        budget = self._budget(method.__name__, team, channel)
        async with self._guard(), budget.spend(content=True) as request:
            try:
                token = arguments.pop("token", "") or await self._token(team)
                return await method(token=token, **arguments)
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

    async def _token(self, team: str) -> str:
        if not team:
            if self.client.token:
                return self.client.token
            raise Rejected("A channel of no workspace: name it as T1/C1, or set SLACK_BOT_TOKEN.")
        bot = await self.workspaces.bot(team) if self.workspaces else None
        if bot is None:
            raise Rejected(f"The app is not installed in the Slack workspace {team}.")
        return bot.bot_token

    async def at(self, team: str) -> str | None:
        """The workspace as names of its conversations begin: "" where our token was pasted, None
        where the app is not installed."""
        try:
            home = (await self.identity())["team_id"] if self.client.token else ""
        except Rejected:
            if not self.workspaces:
                raise
            home = ""  # that token is no longer good; those of others are
        if team and team == home:
            return ""
        return team if self.workspaces and await self.workspaces.has(team) else None

    async def gone(self) -> datetime | None:
        """Since when our pasted token is no longer good, as Slack told us."""
        return await self._marks.get(self._grave)

    async def lost(self, team: str, at: datetime) -> bool:
        """The app was uninstalled in a workspace, or its token revoked there: whether it is ours
        that is no longer good. Then nothing is asked of Slack there any more."""
        if self.workspaces and await self.workspaces.has(team):
            with suppress(Rejected):
                await self._call(self.client.auth_test, team=team)
                return False  # installed again meanwhile
            await self.workspaces.forget(team)
            return True
        with suppress(Rejected):  # Slack knows it no longer
            if not self.client.token or (await self.identity())["team_id"] != team:
                return False
        await self._marks.put(self._grave, at)
        return True

    async def identity(self, team: str = "") -> dict[str, str]:
        """Who we are there: ``user``, ``user_id``, ``bot_id``, ``team_id``, ``url``, ``scopes``."""
        if team not in self._identity:
            answer = await self._call(self.client.auth_test, team=team)
            told = ("user", "user_id", "bot_id", "team_id", "url")
            who = {name: str(answer.get(name, "")) for name in told}
            self._identity[team] = who | {"scopes": answer.headers.get("x-oauth-scopes", "")}
        return self._identity[team]

    async def post(self, channel: str, message: SlackMessage, *, thread: str = "") -> str:
        """Post a message; its ``ts``. After Unavailable it may be there: look before you repeat."""
        answer = await self._call(
            self._posting.chat_postMessage,
            channel=channel,
            **asdict(message),
            thread_ts=thread or None,
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(answer["ts"])

    async def edit(self, channel: str, ts: str, message: SlackMessage) -> bool:
        """Edit a message in place; False when it was deleted."""
        try:
            await self._call(self.client.chat_update, channel=channel, ts=ts, **asdict(message))
        except Rejected as error:
            if "message_not_found" in str(error):
                return False
            raise
        return True

    async def find(self, channel: str, message: SlackMessage, *, thread: str = "") -> str | None:
        """The ``ts`` of the newest message with this one's metadata; the last hundred count."""
        asked: dict[str, Any] = {"channel": channel, "limit": 100, "include_all_metadata": True}
        if thread:
            answer = await self._call(self.client.conversations_replies, ts=thread, **asked)
        else:
            answer = await self._call(self.client.conversations_history, **asked)
        for posted in answer.get("messages") or []:
            if posted.get("metadata") == message.metadata:
                return str(posted["ts"])
        return None

    async def is_shared(self, channel: str) -> bool:
        """Whether people of other companies are in the channel, as of a minute ago at the most.
        https://docs.slack.dev/apis/slack-connect"""
        at, shared = self._shared.get(channel, (0.0, True))
        if not at or time.monotonic() - at > SHARED_SECONDS:
            answer = await self._call(self.client.conversations_info, channel=channel)
            shared = bool(answer["channel"].get("is_ext_shared"))
            self._shared[channel] = (time.monotonic(), shared)
        return shared

    async def wait_of(self, channel: str, how: Standing) -> str:
        """What a channel that stands so waits for, "" for nothing."""
        name = ""
        if how == "closed":
            with suppress(Rejected, Unavailable):
                name = (await self.identity(_parts(channel)[0]))["user"]
        invite = f"say /invite @{name}" if name else "invite the app"
        return WAITS.get(how, "").format(invite=invite)

    async def shut(self, channel: str) -> Standing | None:
        """Why nothing can be posted in the channel, as Slack says now; None where it can."""
        try:
            told = await self._call(self.client.conversations_info, channel=channel)
        except Rejected as error:
            # Deleted, or private and we are not in it; or of a workspace that we are not in.
            if "channel_not_found" in str(error) or "not installed" in str(error):
                return "closed"
            raise
        if told["channel"].get("is_archived"):
            return "archived"
        return None if told["channel"].get("is_member") else "closed"

    async def whisper(
        self, channel: str, user: str, message: SlackMessage, *, thread: str = ""
    ) -> None:
        """Say something that only one person sees: where they talk with us alone, all of it."""
        if _parts(channel)[1].startswith("D"):
            await self.post(channel, message, thread=thread)
            return
        await self._call(
            self.client.chat_postEphemeral,
            channel=channel,
            user=user,
            text=message.text,
            blocks=message.blocks,
            thread_ts=thread or None,
        )

    async def open_socket(self, app_token: str) -> str:
        """The address of a new Socket Mode connection. Raises Rejected for a token that is no
        app's, or has no ``connections:write``."""
        opening = self.client.apps_connections_open
        answer = await self._call(opening, token=app_token, app_token=app_token)
        return str(answer["url"])

    async def open_view(self, trigger: str, view: dict[str, Any], *, team: str = "") -> None:
        """Show a modal to who pressed or typed something within the last three seconds."""
        await self._call(self.client.views_open, team=team, trigger_id=trigger, view=view)

    async def direct(self, user: str, *, team: str = "") -> str:
        """The conversation that a person has with us alone."""
        answer = await self._call(self.client.conversations_open, team=team, users=user)
        return f"{team}/" * bool(team) + str(answer["channel"]["id"])

    async def show_home(self, user: str, blocks: list[dict[str, Any]], channel: str) -> None:
        """Show this on a person's home tab; what is pressed there is answered in ``channel``."""
        view = {"type": "home", "blocks": blocks, "private_metadata": channel}
        team, _ = _parts(channel)
        await self._call(self.client.views_publish, team=team, user_id=user, view=view)

    async def unfurl(
        self, channel: str, below: Mapping[str, str], url: str, blocks: list[dict[str, Any]]
    ) -> None:
        """Show blocks below a link; ``below`` says in which message."""
        told = {"unfurls": {url: {"blocks": blocks}}, **below}
        await self._call(self.client.chat_unfurl, team=_parts(channel)[0], **told)

    async def suggest(self, channel: str, thread: str, prompts: list[dict[str, str]]) -> None:
        """Offer what may be said in a thread of the assistant's pane."""
        team, bare = _parts(channel)
        where = {"channel_id": bare, "thread_ts": thread}
        asked = self.client.assistant_threads_setSuggestedPrompts
        await self._call(asked, team=team, **where, prompts=prompts)

    async def react(self, channel: str, ts: str, name: str) -> None:
        """Add a reaction; there already, or the message gone, is fine."""
        try:
            await self._call(self.client.reactions_add, channel=channel, timestamp=ts, name=name)
        except Rejected as error:
            if not any(code in str(error) for code in ("already_reacted", "message_not_found")):
                raise

    async def dropped(self, named: str) -> Dropped:
        """A file, named as conversations are. Raises NotAllowed for what does not lie there."""
        team, bare = _parts(named)
        try:
            answer = await self._call(self.client.files_info, team=team, file=bare)
        except Rejected as error:
            raise NotAllowed(UNREAD) if "missing_scope" in str(error) else error from error
        file = Dropped.model_validate(answer["file"])
        if not (file.lies_there and self._is_slacks(file.url_private_download, HOST)):
            raise NotAllowed(f"{file.name} does not lie in Slack: attach the file itself.")
        return file

    async def pieces(self, named: str, file: Dropped, start: int = 0) -> AsyncIterator[bytes]:
        """Its bytes from ``start`` on. Raises NotAllowed, Unavailable."""
        return pieces(self._session, file, await self._token(_parts(named)[0]), start)

    async def answer(self, url: str, message: SlackMessage) -> bool:
        """Answer a slash command or button by its ``response_url``, to that person only. False when
        the address is used up (five answers, thirty minutes), or none of Slack's."""
        if not self._is_slacks(url, "hooks.slack.com"):
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

    def _is_slacks(self, url: str, host: str) -> bool:
        """Whether Slack itself answers there: its own host, or that of the API where it differs."""
        api = urlsplit(self.client.base_url)
        host = host if api.netloc == "slack.com" else api.netloc
        return url.startswith(f"{api.scheme}://{host}/")
