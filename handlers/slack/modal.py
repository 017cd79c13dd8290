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


def asking(body: Mapping[str, Any]) -> Json | None:
    """The modal, for a line or a button that wants to give a secret. It carries that line."""
    pressed = next((each["value"] for each in body.get("actions", []) if each.get("value")), "")
    line = str(body.get("text") or pressed)
    if not (source := wants_secret(line)):
        return None
    channel = body.get("channel_id") or (body.get("channel") or {}).get("id", "")
    told = {"text": line, "channel_id": channel, "response_url": body.get("response_url", "")}
    typed = {"type": "plain_text_input", "action_id": "typed", "max_length": 500}
    label = _text(f"The secret that {source} signs with")
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": json.dumps(told),
        "title": _text("A source's secret"),
        "submit": _text("Keep it"),
        "blocks": [{"type": "input", "block_id": "secret", "label": label, "element": typed}],
    }


def typed(submitted: Mapping[str, Any]) -> str:
    """The secret in a submission. Raises BadPayload where there is none."""
    value = submitted["view"]["state"]["values"]["secret"]["typed"]["value"]
    if not isinstance(value, str) or not value.strip():
        raise BadPayload("The form has no secret.")
    return value.strip()


def line_with(submitted: Mapping[str, Any], word: str) -> Json:
    """The line that the modal carried as a slash command, with ``word`` for the secret."""
    told: Json = json.loads(submitted["view"]["private_metadata"])
    user = submitted["user"]
    return {
        **told,
        "text": f"{told['text']} --given={word}",
        "user_id": user["id"],
        "team_id": user.get("team_id") or submitted["team"]["id"],
        "trigger_id": submitted.get("trigger_id"),
    }


def _text(words: str) -> Json:
    return {"type": "plain_text", "text": words}
