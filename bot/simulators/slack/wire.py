"""Records of the workspace as the objects Slack puts on the wire."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from bot.simulators.slack.blocks import elements
from bot.simulators.slack.workspace import Channel, Message, User, Workspace

Json = dict[str, Any]

_LONE_AMPERSAND = re.compile(r"&(?!amp;|lt;|gt;)")
_MENTION = re.compile(r"(?<![\w<])@([a-z0-9][a-z0-9._-]*)", re.IGNORECASE)
_TOKEN = re.compile(r"<@(\w+)>")


def user_json(workspace: Workspace, user: User) -> Json:
    """https://docs.slack.dev/reference/objects/user-object"""
    profile: Json = {
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "title": "",
        "status_text": "",
        "status_emoji": "",
        "team": user.team or workspace.team.id,
    }
    if user.is_bot:
        profile |= {"api_app_id": workspace.app_id, "bot_id": workspace.bot_id}
    else:
        profile["email"] = user.email
    return {
        "id": user.id,
        "team_id": user.team or workspace.team.id,
        "name": user.name,
        "deleted": False,
        "color": "9f69e7",
        "real_name": user.real_name,
        "tz": user.timezone,
        "tz_label": "Central European Time",
        "tz_offset": 3600,
        "profile": profile,
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_guest,
        "is_ultra_restricted": False,
        "is_bot": user.is_bot,
        "is_stranger": bool(user.team),
        "is_app_user": False,
        "updated": user.updated,
        "is_email_confirmed": not user.is_bot,
    }


def channel_json(workspace: Workspace, channel: Channel) -> Json:
    """https://docs.slack.dev/reference/objects/conversation-object"""
    shared: Json = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_im": channel.kind == "im",
        "is_org_shared": False,
        "context_team_id": workspace.team.id,
        "updated": channel.created * 1000,
    }
    if channel.kind == "im":
        return {**shared, "user": channel.im_with, "is_open": True}
    return {
        **shared,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "public",
        "is_group": False,
        "is_mpim": False,
        "is_private": channel.kind == "private",
        "is_general": False,
        "is_shared": bool(channel.connected),
        "is_ext_shared": bool(channel.connected),
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "pending_connected_team_ids": [],
        "shared_team_ids": [workspace.team.id, *channel.connected],
        "previous_names": [],
        "unlinked": 0,
        "creator": channel.creator,
        "is_member": workspace.bot.id in channel.members,
        "topic": {"value": channel.topic, "creator": channel.creator, "last_set": channel.created},
        "purpose": {
            "value": channel.purpose,
            "creator": channel.creator,
            "last_set": channel.created,
        },
    }


def bot_profile(workspace: Workspace) -> Json:
    """The card of our app that rides on each of its messages."""
    return {
        "id": workspace.bot_id,
        "app_id": workspace.app_id,
        "name": workspace.bot.name,
        "icons": {},
        "deleted": False,
        "updated": workspace.bot.updated,
        "team_id": workspace.team.id,
    }


def team_of(workspace: Workspace, user_id: str) -> str:
    """The workspace that somebody is of."""
    user = workspace.users.get(user_id)
    return (user.team if user else "") or workspace.team.id


def message_json(workspace: Workspace, message: Message, *, listed: bool = False) -> Json:
    """https://docs.slack.dev/reference/events/message

    ``listed`` adds what only reading a conversation shows: reactions and the thread's figures.
    """
    shown: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": team_of(workspace, message.user),
    }
    if message.subtype:
        shown["subtype"] = message.subtype
    if message.client_msg_id:
        shown["client_msg_id"] = message.client_msg_id
    if message.by_bot:
        shown |= {
            "bot_id": workspace.bot_id,
            "app_id": workspace.app_id,
            "bot_profile": bot_profile(workspace),
        }
    if message.blocks:
        shown["blocks"] = copy.deepcopy(message.blocks)
    if message.attachments:
        shown["attachments"] = copy.deepcopy(message.attachments)
    if message.files:
        shown |= {"files": copy.deepcopy(message.files), "upload": False, "subtype": "file_share"}
    if message.metadata:
        shown["metadata"] = copy.deepcopy(message.metadata)
    if message.edited:
        user, ts = message.edited
        shown["edited"] = {"user": user, "ts": ts}
    channel = workspace.channels[message.channel]
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
        if message.thread_ts in channel.messages:
            shown["parent_user_id"] = channel.messages[message.thread_ts].user
    if listed:
        shown |= _thread(channel, message)
        if message.reactions:
            shown["reactions"] = reactions_json(message)
    return shown


def reactions_json(message: Message) -> list[Json]:
    """Reactions, in the order in which each was first used."""
    return [
        {"name": name, "users": list(users), "count": len(users)}
        for name, users in message.reactions.items()
    ]


def _thread(channel: Channel, message: Message) -> Json:
    replies = [] if message.thread_ts else channel.replies(message.ts)
    if not replies:
        return {}
    people = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(people),
        "latest_reply": replies[-1].ts,
        "reply_users": people,
        "is_locked": False,
        "subscribed": True,
    }


def accepted_blocks(workspace: Workspace, blocks: list[Json]) -> list[Json]:
    """Blocks as Slack keeps them: with ids for whatever had none, text escaped, defaults filled."""
    kept = copy.deepcopy(blocks)
    for block in kept:
        block.setdefault("block_id", workspace.new_id("b")[-5:])
        for element in elements(block):
            interactive = element["type"] not in ("mrkdwn", "plain_text", "image")
            if interactive and not element["type"].startswith("rich_text"):
                element.setdefault("action_id", workspace.new_id("a")[-5:])
        for text in _texts(block):
            if text["type"] == "plain_text":
                text.setdefault("emoji", True)
                text["text"] = escaped(text["text"])
            else:
                text.setdefault("verbatim", False)
                text["text"] = _LONE_AMPERSAND.sub("&amp;", text["text"])
    return kept


def _texts(value: object) -> Iterator[Json]:
    if isinstance(value, dict):
        if value.get("type") in ("plain_text", "mrkdwn") and isinstance(value.get("text"), str):
            yield value
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def escaped(text: str) -> str:
    """``&``, ``<`` and ``>`` as Slack escapes them; what is escaped already stays."""
    return _LONE_AMPERSAND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def typed_text(workspace: Workspace, text: str) -> str:
    """What a person types as the text Slack sends: escaped, ``@name`` as ``<@U…>``."""
    by_name = {user.name.lower(): user.id for user in workspace.users.values()}
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    def mention(match: re.Match[str]) -> str:
        name = match[1].lower().rstrip(".")
        return f"<@{by_name[name]}>" if name in by_name else match[0]

    return _MENTION.sub(mention, plain)


def typed_blocks(workspace: Workspace, text: str) -> list[Json]:
    """The ``rich_text`` block Slack's own client sends beside a person's text."""
    parts: list[Json] = []
    for index, piece in enumerate(_TOKEN.split(text)):
        if index % 2:
            parts.append({"type": "user", "user_id": piece})
        elif piece:
            plain = piece.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            parts.append({"type": "text", "text": plain})
    section = {"type": "rich_text_section", "elements": parts}
    return [{"type": "rich_text", "block_id": workspace.new_id("b")[-5:], "elements": [section]}]
