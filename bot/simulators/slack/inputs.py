"""What Slack reports of an element that a person used or filled in.

Source: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from __future__ import annotations

from typing import Any

from bot.simulators.slack.errors import Refused

Json = dict[str, Any]

_SELECTED = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
}
_ONE_OPTION = frozenset({"static_select", "radio_buttons", "overflow"})
_MANY_OPTIONS = frozenset({"multi_static_select", "checkboxes"})
_INITIAL = {
    "static_select": "initial_option",
    "radio_buttons": "initial_option",
    "multi_static_select": "initial_options",
    "checkboxes": "initial_options",
    "users_select": "initial_user",
    "channels_select": "initial_channel",
    "conversations_select": "initial_conversation",
    "datepicker": "initial_date",
    "timepicker": "initial_time",
    "datetimepicker": "initial_date_time",
    "multi_users_select": "initial_users",
    "multi_channels_select": "initial_channels",
    "multi_conversations_select": "initial_conversations",
}


def state_of(element: Json, chosen: Any) -> Json:
    """The state of an element after a person chose ``chosen``: a text, the value of an option,
    an id, a date, or a list of those. None leaves the element as it was shown."""
    kind = element["type"]
    if kind in _ONE_OPTION:
        picked = element.get("initial_option") if chosen is None else _option(element, chosen)
        return {"type": kind, "selected_option": picked}
    if kind in _MANY_OPTIONS:
        if chosen is None:
            options = element.get("initial_options") or []
        else:
            options = [_option(element, value) for value in _list(chosen)]
        return {"type": kind, "selected_options": options}
    if kind in _SELECTED:
        before = element.get(_INITIAL[kind])
        return {"type": kind, _SELECTED[kind]: before if chosen is None else chosen}
    value = element.get("initial_value") if chosen is None else chosen
    return {"type": kind, "value": value or None}


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


def _list(chosen: Any) -> list[Any]:
    return chosen if isinstance(chosen, list) else [chosen]


def _option(element: Json, value: str) -> Json:
    groups = element.get("option_groups") or [{"options": element.get("options") or []}]
    for group in groups:
        for option in group["options"]:
            if option.get("value") == value:
                found: Json = option
                return found
    raise Refused("invalid_arguments", messages=[f"[ERROR] no option with the value {value}"])
