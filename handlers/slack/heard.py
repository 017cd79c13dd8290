"""What is heard by any of Slack's doors: stored, then acknowledged; only a form opens at once."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot.context import Context
from bot.domain.errors import NotUnderstood
from bot.storage.inbox import Delivery
from handlers.slack import forms
from workers import jobs

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

Store = Callable[[Delivery], Awaitable[None]]
_BECAME = ("archive", "unarchive", "deleted", "left")
# Events that are kept, and as what the worker reads them.
EVENTS: Mapping[str, str] = {
    "app_mention": "mention",
    "app_home_opened": "home",
    "link_shared": "links",
    "assistant_thread_started": "assistant",
    "app_uninstalled": "gone",
    "tokens_revoked": "gone",
    **{f"{what}_{it}": "channel" for what in ("channel", "group") for it in _BECAME},
    **dict.fromkeys(("member_joined_channel", "member_left_channel"), "member"),
}


def build_bolt(ctx: Context, store: Store, warn_once: Callable[[str], None]) -> AsyncApp:
    """The Bolt app: a listener stores and acknowledges; what none hears is named once."""
    from slack_bolt.async_app import AsyncApp
    from slack_bolt.error import BoltUnhandledRequestError
    from slack_bolt.middleware.async_middleware import AsyncMiddleware
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

    class OfAttachments(AsyncMiddleware):
        """Bolt cannot even say that nobody hears what was pressed, where it was nothing."""

        async def async_process(self, *, req: Any, resp: Any, next: Any) -> Any:
            if req.body.get("type") == "interactive_message":
                req.body.setdefault("actions", [{}])
            return await next()

    bolt.use(OfAttachments())

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
            if ctx.slack and (view := forms.asking(body)):
                await ctx.slack.open_view(body["trigger_id"], view)
            elif kind:
                await keep(kind, body)
            await ack()

        return listener

    async def keep(kind: str, body: dict[str, Any]) -> None:
        raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        at = ctx.now().timestamp()
        await store(Delivery(jobs.hear_slack.name, {"kind": kind}, raw, at, lane="people"))

    @bolt.view(forms.CALLBACK)
    async def sent(ack: Any, body: dict[str, Any]) -> None:
        try:
            said, secret = forms.said(body)
        except NotUnderstood as error:
            first = next(iter(body["view"]["state"]["values"]))
            await ack(response_action="errors", errors={first: str(error)[:150]})
            return
        if secret:  # it is stored apart from what was said
            said["actions"][0]["value"] += f" --given={await ctx.vault.hand_over(secret)}"
        await keep("button", said)
        await ack()

    # Shortcuts only open forms.
    bolt.shortcut(forms.ANYTHING)(kept(""))
    bolt.shortcut(forms.REPORT)(kept(""))
    bolt.command(re.compile(r"/(soulcaster|sc)"))(kept("command"))
    bolt.block_action(re.compile(r".*"))(kept("button"))

    @bolt.event(re.compile(r".*"))
    async def told(ack: Any, body: dict[str, Any]) -> None:
        event = body["event"]
        kind = EVENTS.get(event["type"], "")
        if event["type"] == "message" and await _meant_for_us(ctx, body):
            kind = "message"
        if kind == "member":  # who comes and goes is nothing to us, unless it is us
            ours = [each.get("user_id") for each in body.get("authorizations") or []]
            kind = "channel" if event["user"] in ours else ""
        if kind:
            await keep(kind, body)
        await ack()

    return bolt


async def _meant_for_us(ctx: Context, body: dict[str, Any]) -> bool:
    """Whether a person says it to us alone, or below a card of ours: the rest is not even kept.

    What names us comes as a mention, too, except where nobody else is.
    """
    event = body["event"]
    told = event.get("subtype") in (None, "file_share", "thread_broadcast")
    if event.get("bot_id") or not (told and event.get("user") and event.get("text")):
        return False
    if event.get("channel_type") == "im":
        return True
    us = [f"<@{each.get('user_id')}" for each in body.get("authorizations") or []]
    if not event.get("thread_ts") or any(name in event["text"] for name in us):
        return False
    return await ctx.channels.about(event["channel"], event["thread_ts"]) is not None
