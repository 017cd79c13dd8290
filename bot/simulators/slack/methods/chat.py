"""chat."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from bot.simulators.slack.blocks import blocks_problems
from bot.simulators.slack.errors import Refused
from bot.simulators.slack.methods.calls import TIER_3, UNTIERED, Call, Json, Roster
from bot.simulators.slack.service import Service
from bot.simulators.slack.wire import accepted_blocks, message_json
from bot.simulators.slack.workspace import Channel, Message, Workspace

METHODS = Roster()

TEXT_CHARACTERS = 40_000
MARKDOWN_CHARACTERS = 12_000
ATTACHMENTS = 100
# Undocumented; seen at 13,172 to 13,297: https://github.com/slackapi/bolt-js/issues/2509
BLOCKS_WITH_MARKDOWN_CHARACTERS = 13_000


@dataclass(frozen=True)
class Content:
    """What a message says, checked and as Slack keeps it."""

    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)


def accept_content(
    workspace: Workspace, *, text: str, markdown: str, blocks: Any, attachments: Any
) -> Content:
    """Check what somebody wants to say. Refuses as ``chat.postMessage`` does."""
    if markdown and (text or blocks):
        raise Refused("markdown_text_conflict")
    if len(text) > TEXT_CHARACTERS or len(markdown) > MARKDOWN_CHARACTERS:
        raise Refused("msg_too_long")
    if not (text or markdown or blocks or attachments):
        raise Refused("no_text")
    if markdown:
        blocks = [{"type": "markdown", "text": markdown}]
    _check_blocks(blocks or [], "/blocks")
    attached = _checked_attachments(attachments or [])
    return Content(
        text=text or markdown,
        blocks=accepted_blocks(workspace, blocks or []),
        attachments=[
            {**one, "id": index, **_attached_blocks(workspace, one)}
            for index, one in enumerate(attached, 1)
        ],
    )


def _check_blocks(blocks: Any, pointer: str) -> None:
    if not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    if problems := blocks_problems(blocks, pointer):
        raise Refused(
            "invalid_blocks",
            messages=[f"[ERROR] {problem}" for problem in problems],
            errors=[str(problem) for problem in problems],
        )
    if sum(block["type"] == "table" for block in blocks) > 1:
        raise Refused("invalid_attachments", messages=["[ERROR] only_one_table_allowed"])
    has_markdown = any(block["type"] == "markdown" for block in blocks)
    if has_markdown and _characters(blocks) > BLOCKS_WITH_MARKDOWN_CHARACTERS:
        raise Refused("msg_blocks_too_long")


def _characters(value: Any) -> int:
    if isinstance(value, dict):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(_characters(v) for v in value.values())
    return sum(map(_characters, value)) if isinstance(value, list) else 0


def _checked_attachments(attachments: Any) -> list[Json]:
    if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
        raise Refused("invalid_attachments")
    if len(attachments) > ATTACHMENTS:
        raise Refused("too_many_attachments")
    for index, attachment in enumerate(attachments):
        _check_blocks(attachment.get("blocks") or [], f"/attachments/{index}/blocks")
    return attachments


def _attached_blocks(workspace: Workspace, attachment: Json) -> Json:
    blocks = attachment.get("blocks")
    return {"blocks": accepted_blocks(workspace, blocks)} if blocks else {}


def _content(call: Call) -> Content:
    return accept_content(
        call.workspace,
        text=call.text("text"),
        markdown=call.text("markdown_text"),
        blocks=call.structure("blocks", otherwise="invalid_blocks_format"),
        attachments=call.structure("attachments", otherwise="invalid_attachments"),
    )


def _writable(call: Call) -> Channel:
    channel = call.workspace.channel_named(call.required("channel"))
    if channel.is_archived:
        raise Refused("is_archived")
    public = channel.kind == "public" and "chat:write.public" in call.service.installation.scopes
    if call.workspace.bot.id not in channel.members and not public:
        raise Refused("not_in_channel")
    return channel


def _thread(call: Call, channel: Channel) -> str:
    thread_ts = call.text("thread_ts")
    if not thread_ts:
        return ""
    if not re.fullmatch(r"\d{10}\.\d{6}", thread_ts) or thread_ts not in channel.messages:
        raise Refused("cannot_reply_to_message")
    return channel.messages[thread_ts].thread_ts or thread_ts


def _metadata(call: Call) -> Json | None:
    """https://docs.slack.dev/messaging/message-metadata"""
    metadata = call.structure("metadata", otherwise="invalid_metadata_format")
    if metadata is None:
        return None
    parts = metadata if isinstance(metadata, dict) else {}
    wanted = isinstance(parts.get("event_type"), str), isinstance(parts.get("event_payload"), dict)
    if not all(wanted):
        raise Refused("invalid_metadata_schema")
    return {name: parts[name] for name in ("event_type", "event_payload")}


@METHODS.enter("chat.postMessage", scope="chat:write", tier=UNTIERED)
def post_message(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/chat.postMessage"""
    channel, content = _writable(call), _content(call)
    thread_ts = _thread(call, channel)
    call.service.meter.post(channel.id)
    message = post(
        call.service,
        channel.id,
        content,
        thread_ts=thread_ts,
        metadata=_metadata(call),
    )
    shown = message_json(call.workspace, message)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def post(
    service: Service,
    channel: str,
    content: Content,
    *,
    thread_ts: str = "",
    metadata: Json | None = None,
) -> Message:
    """Our app says something in a channel, and hears of it."""
    message = service.workspace.post(
        Message(
            ts=service.workspace.next_ts(),
            channel=channel,
            user=service.workspace.bot.id,
            text=content.text,
            blocks=content.blocks,
            attachments=content.attachments,
            thread_ts=thread_ts,
            by_bot=True,
            metadata=metadata,
        )
    )
    service.events.posted(message)
    return message


@METHODS.enter("chat.update", scope="chat:write", tier=TIER_3)
def update(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/chat.update"""
    workspace = call.workspace
    channel = workspace.channel(call.required("channel"))
    message = workspace.message(channel, call.required("ts"))
    if not message.by_bot or message.subtype == "tombstone":
        raise Refused("cant_update_message")
    content = _content(call)
    before = message_json(workspace, message)
    message.metadata = _metadata(call) or message.metadata
    edit(workspace, message, content)
    call.service.events.edited(message, before)
    shown = message_json(workspace, message)
    del shown["ts"]
    shown.pop("thread_ts", None)
    shown.pop("parent_user_id", None)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def edit(workspace: Workspace, message: Message, content: Content) -> None:
    """Put a new content into a message; text alone takes the blocks away."""
    message.text, message.blocks = content.text, content.blocks
    message.attachments = content.attachments
    message.edited = (workspace.bot.id, workspace.next_ts())
    workspace.changes.tell("message", channel=message.channel, ts=message.ts)


@METHODS.enter("chat.delete", scope="chat:write", tier=TIER_3)
def delete(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/chat.delete"""
    workspace = call.workspace
    channel = workspace.channel(call.required("channel"))
    message = workspace.message(channel, call.required("ts"))
    if not message.by_bot:
        raise Refused("cant_delete_message")
    call.service.events.deleted(message)
    remove(workspace, message)
    return {"channel": channel.id, "ts": message.ts}


def remove(workspace: Workspace, message: Message) -> None:
    """Take a message away; one with replies leaves a tombstone, so that they keep their place."""
    channel = workspace.channels[message.channel]
    if channel.replies(message.ts):
        message.subtype = "tombstone"
        message.text = "This message was deleted."
        message.blocks, message.attachments = [], []
    else:
        del channel.messages[message.ts]
    workspace.changes.tell("message", channel=channel.id, ts=message.ts)


@METHODS.enter("chat.postEphemeral", scope="chat:write", tier=UNTIERED)
def post_ephemeral(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/chat.postEphemeral"""
    channel, content = _writable(call), _content(call)
    user = call.required("user")
    if user not in channel.members:
        raise Refused("user_not_in_channel")
    thread_ts = _thread(call, channel)
    call.service.meter.post(channel.id)
    said = call.workspace.whisper(channel.id, user, content.text, content.blocks, thread_ts)
    return {"message_ts": said.ts}


def permalink(workspace: Workspace, message: Message) -> str:
    """The address of a message."""
    place = f"{message.channel}/p{message.ts.replace('.', '')}"
    url = f"https://{workspace.team.domain}.slack.com/archives/{place}"
    thread = f"?thread_ts={message.thread_ts}&cid={message.channel}"
    return url + (thread if message.thread_ts else "")
