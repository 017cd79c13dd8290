"""Forms as modals: opened by what carries an incomplete sentence, and what they say when sent.

https://docs.slack.dev/surfaces/modals · A trigger is good for three seconds, so the door opens
them. A modal carries what was pressed, so that its sentence is answered where that was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.domain.errors import BadPayload, NotUnderstood
from bot.domain.text.chat import typed
from workers.commands.forms import FORMS, Input, inputs, line_of, verb_of

Json = dict[str, Any]
CALLBACK, ANYTHING, REPORT = "soulcaster:form", "soulcaster", "soulcaster_report"
# Of what was pressed, what says where that was.
_WHERE = ("channel", "container", "response_url")
_LONGEST = 3_000


def asking(body: Mapping[str, Any]) -> Json | None:
    """The form that an entry of a menu, a shortcut or a button of a shortcut's form opens."""
    match body.get("type"):
        case "message_action" if body.get("callback_id") == REPORT:
            text = typed(str((body.get("message") or {}).get("text") or ""))
            return _form(f"feedback -- {text[:_LONGEST]}", _where(body))
        case "shortcut" if body.get("callback_id") == ANYTHING:
            return _anything()
        case "block_actions":
            action = (body.get("actions") or [{}])[0]
            chosen = (action.get("selected_option") or {}).get("value", "")
            picked = action.get("value", "") if _is_ours(body.get("view")) else ""
            line = str(chosen or picked)
            return _form(line, _where(body)) if verb_of(line) else None
    return None


def replaces(body: Mapping[str, Any]) -> str:
    """The id of the form that another one takes the place of; "" for none."""
    view = body.get("view")
    return str(view["id"]) if view and _is_ours(view) else ""


def sent(submitted: Mapping[str, Any]) -> Json:
    """What a sent form says, as a button whose value it is. Raises NotUnderstood, with the
    block that it is shown at, or BadPayload."""
    view = submitted["view"]
    told: Json = json.loads(view["private_metadata"])
    values = {}
    for name, elements in view["state"]["values"].items():
        element = elements["typed"]
        chosen = element.get("selected_option") or {}
        values[name] = str(element.get("value") or chosen.get("value") or "")
    verb = told.pop("verb")
    if verb and verb not in FORMS:
        raise BadPayload("There is no such form.")
    line = line_of(verb, values) if verb else values.get("line", "").strip()
    if not line:
        raise NotUnderstood("Say what to do, for example: status")
    [action] = told.pop("actions", [{}])
    return {
        **told,
        "actions": [{**action, "value": line}],
        "user": submitted["user"],
        "team": submitted.get("team"),
        "trigger_id": submitted.get("trigger_id"),
    }


def _is_ours(view: Mapping[str, Any] | None) -> bool:
    return bool(view) and (view or {}).get("callback_id") == CALLBACK


def _where(body: Mapping[str, Any]) -> Json:
    """What tells where something was pressed, small enough for a modal to carry."""
    message = body.get("message") or {}
    kept = {name: body[name] for name in _WHERE if body.get(name)}
    if message:
        kept["message"] = {
            name: message[name] for name in ("ts", "thread_ts", "metadata") if message.get(name)
        }
    if view := body.get("view"):
        if _is_ours(view):
            return {k: v for k, v in json.loads(view["private_metadata"]).items() if k != "verb"}
        kept["view"] = {"private_metadata": view.get("private_metadata", "")}
    if action := next(iter(body.get("actions") or ()), None):
        kept["actions"] = [{"action_id": action.get("action_id", "")}]
    return kept


def _form(line: str, where: Json) -> Json:
    verb = verb_of(line)
    blocks = [_block(each) for each in inputs(line)]
    return _modal(FORMS[verb].title, blocks, {**where, "verb": verb})


def _anything() -> Json:
    line = Input("line", "What to do", "status, clusters, why C-12, …")
    buttons = [
        {"type": "button", "text": _text(form.title), "action_id": f"form:{verb}", "value": verb}
        for verb, form in FORMS.items()
    ]
    blocks = [_block(line), {"type": "actions", "elements": buttons}]
    return _modal("Soulcaster", blocks, {"verb": ""})


def _modal(title: str, blocks: list[Json], told: Json) -> Json:
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": json.dumps(told, separators=(",", ":")),
        "title": _text(title),
        "submit": _text("Say it"),
        "blocks": blocks,
    }


def _block(asked: Input) -> Json:
    options = [{"text": _text(choice), "value": choice} for choice in asked.choices]
    element: Json
    if options:
        element = {"type": "static_select", "action_id": "typed", "options": options}
        if chosen := next((each for each in options if each["value"] == asked.value), None):
            element["initial_option"] = chosen
    else:
        element = {"type": "plain_text_input", "action_id": "typed", "max_length": _LONGEST}
        element |= {"multiline": True} if asked.lines else {}
        element |= {"initial_value": asked.value} if asked.value else {}
    block = {
        "type": "input",
        "block_id": asked.name,
        "optional": True,
        "label": _text(asked.label),
        "element": element,
    }
    return block | ({"hint": _text(asked.hint[:150])} if asked.hint else {})


def _text(words: str) -> Json:
    return {"type": "plain_text", "text": words}
