"""The modal that asks for a source's secret, and what is heard once it was typed there.

https://docs.slack.dev/surfaces/modals · A trigger is good for three seconds, so the door opens it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.domain.commands.typed_secret import wants_secret
from bot.domain.errors import BadPayload

Json = dict[str, Any]
CALLBACK = "soulcaster:secret"
_BLOCK, _INPUT = "secret", "typed"
_LONGEST = 500
# What a command, a press and its message need to be heard a second time.
_COMMAND = ("user_id", "team_id", "channel_id", "text", "response_url")
_PRESS = ("user", "team", "channel", "container", "response_url")
_MESSAGE = ("ts", "thread_ts", "metadata")


def asked_for(kind: str, body: Mapping[str, Any]) -> str:
    """The source whose secret a request wants to give; "" for every other request."""
    if kind == "command":
        return wants_secret(str(body.get("text") or ""))
    return wants_secret(str(_action(body).get("value", ""))) if kind == "button" else ""


def view(source: str, kind: str, body: Mapping[str, Any]) -> Json:
    """The modal. It carries the request, which is heard when the secret was typed."""
    kept: Json
    if kind == "command":
        kept = _of(body, _COMMAND)
    else:
        action = _of(_action(body), ("value", "action_id"))
        kept = {**_of(body, _PRESS), "actions": [action]}
        kept["message"] = _of(body.get("message") or {}, _MESSAGE)
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": json.dumps({"kind": kind, "body": kept}),
        "title": _text("A source's secret"),
        "submit": _text("Keep it"),
        "blocks": [
            {
                "type": "input",
                "block_id": _BLOCK,
                "label": _text(f"The secret that {source} signs with"),
                "hint": _text("It is kept encrypted, and shown to nobody."),
                "element": {
                    "type": "plain_text_input",
                    "action_id": _INPUT,
                    "max_length": _LONGEST,
                },
            }
        ],
    }


def typed(submitted: Mapping[str, Any]) -> str:
    """The secret in a submission. Raises BadPayload where there is none."""
    value = submitted["view"]["state"]["values"][_BLOCK][_INPUT]["value"]
    if not isinstance(value, str) or not value.strip():
        raise BadPayload("The form has no secret.")
    return value.strip()


def request(submitted: Mapping[str, Any], word: str) -> tuple[str, Json]:
    """The request that the modal carried, with ``word`` for the secret: its kind and body."""
    told = json.loads(submitted["view"]["private_metadata"])
    kind, body = str(told["kind"]), told["body"]
    body["trigger_id"] = submitted.get("trigger_id")
    if kind == "command":
        body["text"] += f" {word}"
    else:
        _action(body)["value"] += f" {word}"
    return kind, body


def _action(body: Mapping[str, Any]) -> Json:
    """The button that was pressed."""
    found: Json = next((each for each in body.get("actions", []) if each.get("value")), {})
    return found


def _of(body: Mapping[str, Any], names: tuple[str, ...]) -> Json:
    return {name: body[name] for name in names if name in body}


def _text(words: str) -> Json:
    return {"type": "plain_text", "text": words}
