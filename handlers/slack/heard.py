"""What is heard by any of Slack's doors: stored, then acknowledged; only a form opens at once."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot.context import Context
from bot.domain.errors import NotUnderstood, Rejected
from bot.log import log
from bot.slack.client import Slack
from bot.slack.workspaces import once
from bot.storage.inbox import Delivery
from handlers.slack import forms
from workers import jobs

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

Store = Callable[[Delivery], Awaitable[None]]
NOT_HERE = "I am not installed in this Slack workspace: open /slack/install on my server."
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


def build_bolt(
    ctx: Context, slack: Slack, store: Store, warn_once: Callable[[str], None], flow: Any = None
) -> AsyncApp:
    """The Bolt app: a listener stores and acknowledges; what none hears is named once. With Bolt's
    ``flow`` of OAuth only what comes from a workspace with an installation is heard."""
    from slack_bolt.async_app import AsyncApp
    from slack_bolt.authorization import AuthorizeResult
    from slack_bolt.authorization.async_authorize import AsyncAuthorize
    from slack_bolt.error import BoltUnhandledRequestError
    from slack_bolt.middleware.async_middleware import AsyncMiddleware
    from slack_bolt.response import BoltResponse

    class OfWorkspace(AsyncAuthorize):
        """The workspace that it comes from; None where we are not installed. Who we are there is
        not asked: Slack may be away, and sends no command again."""

        async def __call__(self, *, context: Any, team_id: str | None, **_: Any) -> Any:
            try:
                if (at := await slack.at(team_id or "") if flow else "") is None:
                    return None
            except Rejected:  # our token is no longer good
                return None
            context["prefix"] = f"{at}/" * bool(at)
            return AuthorizeResult(enterprise_id=None, team_id=team_id)

    bolt = AsyncApp(
        # Without a name Bolt walks the stack for one, and every module that is loaded with it.
        name="soulcaster",
        signing_secret=ctx.settings.slack_signing_secret.get_secret_value(),
        client=once(slack.client),
        # Without one Bolt makes its own of SLACK_CLIENT_ID, even where that is empty.
        authorize=OfWorkspace(),  # type: ignore[no-untyped-call]
        oauth_flow=flow,
        user_facing_authorize_error_message=NOT_HERE,
        raise_error_for_unhandled_request=True,
        # Otherwise an event is acknowledged before its listener has stored it.
        process_before_response=True,
    )

    class Readable(AsyncMiddleware):
        """Bolt cannot even say that nobody hears what was pressed, where it was nothing. Channels
        are named as we name them."""

        async def async_process(self, *, req: Any, resp: Any, next: Any) -> Any:
            if req.body.get("type") == "interactive_message":
                req.body.setdefault("actions", [{}])
            if prefix := req.context.get("prefix"):
                _name_channels(req.body, prefix)
            return await next()

    bolt.use(Readable())

    @bolt.error
    async def hand_on(error: Exception, body: dict[str, Any]) -> BoltResponse:
        if not isinstance(error, BoltUnhandledRequestError):
            raise error
        what = f"Slack's {body.get('type') or body.get('command')}"[:60]
        warn_once(f"{what} is not heard here")
        await ctx.inbox.count_unread(what)
        return BoltResponse(status=200)

    def kept(kind: str) -> Callable[[Any, dict[str, Any], Any], Awaitable[None]]:
        async def listener(ack: Any, body: dict[str, Any], context: Any) -> None:
            if view := forms.asking(body):
                team = context.get("prefix", "").rstrip("/")
                try:
                    await slack.open_view(body["trigger_id"], view, team=team)
                except Rejected as error:  # the three seconds are over
                    log.warning("a form was not opened", why=str(error))
                    if kind == "command":  # which says in words what the form would have asked
                        await keep(kind, body)
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


def _name_channels(body: dict[str, Any], prefix: str) -> None:
    """Where it was said, with the workspace before it: ``T2/C1``."""
    event = body.get("event") or {}
    said = (body, body.get("container"), event.get("assistant_thread"))
    places = [*[(told, "channel_id") for told in said], (body.get("channel"), "id")]
    for told, name in (*places, (event, "channel")):
        if isinstance(told, dict) and isinstance(told.get(name), str) and told[name]:
            told[name] = prefix + told[name]


async def _meant_for_us(ctx: Context, body: dict[str, Any]) -> bool:
    """Whether a person says it to us alone, or below a card of ours: the rest is not even kept.
    What names us comes as a mention, too, except where nobody else is."""
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
