"""What Slack reports of an element that a person used or filled in.

Source: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from __future__ import annotations

from typing import Any

from bot.simulators.slack.errors import Refused

Json = dict[str, Any]

# Each names its state ``selected_…`` and its start ``initial_…``; a text input has a ``value``.
_CHOICES = {
    "static_select": "option",
    "radio_buttons": "option",
    "overflow": "option",
    "multi_static_select": "options",
    "checkboxes": "options",
    "users_select": "user",
    "conversations_select": "conversation",
    "datepicker": "date",
    "timepicker": "time",
}


def state_of(element: Json, chosen: Any) -> Json:
    """The state of an element after a person chose ``chosen``: a text, the value of an option,
    an id, a date, or a list of values. None leaves the element as it was shown."""
    kind = element["type"]
    choice = _CHOICES.get(kind)
    if choice is None:
        value = element.get("initial_value") if chosen is None else chosen
        return {"type": kind, "value": value or None}
    if chosen is None:
        chosen = element.get(f"initial_{choice}") or ([] if choice == "options" else None)
    elif choice == "option":
        chosen = _option(element, chosen)
    elif choice == "options":
        values = chosen if isinstance(chosen, list) else [chosen]
        chosen = [_option(element, value) for value in values]
    return {"type": kind, f"selected_{choice}": chosen}


def action_of(element: Json, block_id: str, chosen: Any, action_ts: str) -> Json:
    """One entry of ``actions``: what a person did with an element."""
    action: Json = {
        "action_id": element["action_id"],
        "block_id": block_id,
        "type": element["type"],
        "action_ts": action_ts,
    }
    if element["type"] == "button":
        action["text"] = element["text"]
        return action | {
            name: element[name] for name in ("value", "style", "url") if name in element
        }
    return {**state_of(element, chosen), **action}


def _option(element: Json, value: str) -> Json:
    groups = element.get("option_groups") or [{"options": element.get("options") or []}]
    for group in groups:
        for option in group["options"]:
            if option.get("value") == value:
                found: Json = option
                return found
    raise Refused("invalid_arguments", messages=[f"[ERROR] no option with the value {value}"])
