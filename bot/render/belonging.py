"""Which project a Slack message and each button in it belong to, as both say it themselves."""

from __future__ import annotations

import hashlib
import re
from typing import Any

Json = dict[str, Any]
_EVENT_TYPE = "soulcaster_card"
_ACTION_ID = re.compile(r"soulcaster:([1-9][0-9]{0,17}):[0-9a-f]{12}(?::[0-9]+)?")


def metadata(project: int, card: str) -> Json:
    """The metadata of a message. https://docs.slack.dev/messaging/message-metadata"""
    return {"event_type": _EVENT_TYPE, "event_payload": {"project": project, "card": card}}


def action_id(project: int, what: str) -> str:
    """The id of a button: the same for the same sentence at every edit; project 0 is none."""
    digest = hashlib.sha256(what.encode()).hexdigest()[:12]
    return f"soulcaster:{project}:{digest}" if project else f"soulcaster:{digest}"


def project_of_message(metadata: Json | None) -> int:
    """The project that a message names, 0 for none."""
    if not metadata or metadata.get("event_type") != _EVENT_TYPE:
        return 0
    project = (metadata.get("event_payload") or {}).get("project")
    return project if isinstance(project, int) else 0


def project_of_button(action_id: str) -> int:
    """The project that a button names, 0 for none."""
    found = _ACTION_ID.fullmatch(action_id)
    return int(found[1]) if found else 0
