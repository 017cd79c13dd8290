"""What Bolt makes of Slack's requests, by whichever door: a listener stores and acknowledges.

Only a form is opened at once: a modal cannot wait.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from bot.context import Context
from bot.storage.inbox import Delivery
from handlers.slack import modal
from workers import jobs

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

Store = Callable[[Delivery], Awaitable[None]]


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
