"""conversations."""

from __future__ import annotations

from bot.simulators.slack.errors import Refused
from bot.simulators.slack.methods.calls import (
    TIER_2,
    TIER_3,
    Call,
    Json,
    Roster,
    page,
)
from bot.simulators.slack.wire import channel_json, message_json
from bot.simulators.slack.workspace import Channel, Message

METHODS = Roster()

_TYPES = {"public": "public_channel", "private": "private_channel", "im": "im"}


@METHODS.enter("conversations.list", scope="channels:read", tier=TIER_2)
def conversations_list(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/conversations.list"""
    workspace = call.workspace
    wanted = [kind.strip() for kind in (call.text("types") or "public_channel").split(",")]
    if set(wanted) - {"public_channel", "private_channel", "mpim", "im"}:
        raise Refused("invalid_types")
    seen = [
        channel
        for channel in workspace.channels.values()
        if _TYPES[channel.kind] in wanted
        and not (channel.kind == "private" and workspace.bot.id not in channel.members)
        and not (call.boolean("exclude_archived") and channel.is_archived)
    ]
    channels, cursor = page(seen, call)
    return {
        "channels": [
            {**channel_json(workspace, channel), "num_members": len(channel.members)}
            for channel in channels
        ],
        "response_metadata": {"next_cursor": cursor},
    }


@METHODS.enter("conversations.info", scope="channels:read")
def conversations_info(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/conversations.info"""
    channel = call.channel()
    shown = channel_json(call.workspace, channel)
    if call.boolean("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


@METHODS.enter("conversations.open", scope="im:write")
def conversations_open(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/conversations.open

    For one person; a conversation with several is not simulated.
    """
    workspace = call.workspace
    if channel_id := call.text("channel"):
        channel = workspace.channel(channel_id)
        already_open = True
    else:
        users = [user for user in call.required("users").split(",") if user]
        if len(users) != 1:
            raise Refused("not_enough_users" if not users else "too_many_users")
        already_open = any(c.im_with == users[0] for c in workspace.channels.values())
        channel = workspace.direct_message(users[0])
    shown: Json = {"id": channel.id}
    if call.boolean("return_im"):
        shown |= {
            "created": channel.created,
            "is_im": True,
            "is_org_shared": False,
            "user": channel.im_with,
            "is_open": True,
        }
    answer: Json = {"channel": shown}
    return answer | ({"no_op": True, "already_open": True} if already_open else {})


@METHODS.enter("conversations.history", scope="channels:history", tier=TIER_3)
def conversations_history(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/conversations.history"""
    channel = _readable(call)
    top = [m for m in _between(call, list(channel.messages.values())) if not m.thread_ts]
    messages, cursor = page(top[::-1], call, most=999)
    answer: Json = {
        "messages": [_listed(call, m) for m in messages],
        "has_more": bool(cursor),
        "pin_count": 0,
        "channel_actions_ts": 0,
        "channel_actions_count": 0,
    }
    return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


@METHODS.enter("conversations.replies", scope="channels:history", tier=TIER_3)
def conversations_replies(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/conversations.replies"""
    channel = _readable(call)
    asked = channel.messages.get(call.required("ts"))
    if asked is None:
        raise Refused("thread_not_found")
    parent = channel.messages.get(asked.thread_ts, asked)
    replies = _between(call, channel.replies(parent.ts))
    messages, cursor = page([parent, *replies], call)
    answer: Json = {
        "messages": [_listed(call, m) for m in messages],
        "has_more": bool(cursor),
    }
    return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


def _listed(call: Call, message: Message) -> Json:
    """A message as it is read back: with its metadata only where that was asked for."""
    shown = message_json(call.workspace, message, listed=True)
    if not call.boolean("include_all_metadata"):
        shown.pop("metadata", None)
    return shown


def _readable(call: Call) -> Channel:
    channel = call.channel()
    if call.workspace.bot.id not in channel.members:
        raise Refused("not_in_channel")
    return channel


def _between(call: Call, messages: list[Message]) -> list[Message]:
    oldest, latest = _bound(call, "oldest"), _bound(call, "latest")
    bounds = (oldest, latest) if call.boolean("inclusive") else ()
    return [
        message
        for message in messages
        if (
            (oldest is None or float(message.ts) > oldest)
            and (latest is None or float(message.ts) < latest)
        )
        or float(message.ts) in bounds
    ]


def _bound(call: Call, name: str) -> float | None:
    value = call.text(name)
    try:
        return float(value) if value not in ("", "0") else None
    except ValueError:
        raise Refused(f"invalid_ts_{name}") from None
