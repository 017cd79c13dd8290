"""reactions."""

from __future__ import annotations

import re

from bot.simulators.slack.errors import Refused
from bot.simulators.slack.methods.calls import TIER_2, TIER_3, Call, Json, Roster
from bot.simulators.slack.methods.chat import permalink
from bot.simulators.slack.service import Service
from bot.simulators.slack.wire import message_json, reactions_json
from bot.simulators.slack.workspace import Message

METHODS = Roster()


def react(service: Service, message: Message, user: str, name: str) -> None:
    """Add a reaction. Refuses as ``reactions.add`` does."""
    if not re.fullmatch(r"[\w+'-]+(::skin-tone-[2-6])?", name):
        raise Refused("invalid_name")
    users = message.reactions.setdefault(name, [])
    if user in users:
        raise Refused("already_reacted")
    users.append(user)
    service.workspace.changes.tell("reaction", channel=message.channel, ts=message.ts)
    service.events.reacted(message, user, name, added=True)


def unreact(service: Service, message: Message, user: str, name: str) -> None:
    """Take a reaction back. Refuses as ``reactions.remove`` does."""
    if user not in message.reactions.get(name, []):
        raise Refused("no_reaction")
    message.reactions[name].remove(user)
    if not message.reactions[name]:
        del message.reactions[name]
    service.workspace.changes.tell("reaction", channel=message.channel, ts=message.ts)
    service.events.reacted(message, user, name, added=False)


def _message(call: Call) -> Message:
    return call.workspace.message(call.channel(), call.required("timestamp"))


@METHODS.enter("reactions.add", scope="reactions:write", tier=TIER_3)
def reactions_add(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/reactions.add"""
    react(call.service, _message(call), call.workspace.bot.id, call.required("name").strip(":"))
    return {}


@METHODS.enter("reactions.remove", scope="reactions:write", tier=TIER_2)
def reactions_remove(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/reactions.remove"""
    unreact(call.service, _message(call), call.workspace.bot.id, call.required("name").strip(":"))
    return {}


@METHODS.enter("reactions.get", scope="reactions:read", tier=TIER_3)
def reactions_get(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/reactions.get"""
    message = _message(call)
    shown = message_json(call.workspace, message)
    shown["permalink"] = permalink(call.workspace, message)
    if message.reactions:
        shown["reactions"] = reactions_json(message)
    return {"type": "message", "channel": message.channel, "message": shown}
