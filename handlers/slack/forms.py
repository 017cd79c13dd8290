"""Forms as modals: what opens one, and the sentence that it says once it is sent.
https://docs.slack.dev/surfaces/modals · A trigger is good for three seconds, so the door opens
them. A modal carries where it was opened, so that its sentence is answered there."""

import json
from collections.abc import Mapping
from typing import Any

from bot.domain.commands.fields import Field
from bot.domain.commands.typed_secret import wants_secret
from bot.domain.commands.words import typed
from bot.domain.errors import NotUnderstood
from workers.commands.forms import FORMS, inputs, line_of, verb_of

Json = dict[str, Any]
CALLBACK, ANYTHING, REPORT = "soulcaster:form", "soulcaster", "soulcaster_report"
SECRET = "secret"  # noqa: S105 - the name of an input
_LONGEST = 3_000
_KEPT = {"message": ("ts", "thread_ts", "metadata"), "view": ("private_metadata",)}


def asking(body: Mapping[str, Any]) -> Json | None:
    """The form that a shortcut or a menu's entry opens, or what wants to give a secret."""
    action: Json = next(iter(body.get("actions") or ()), {})
    chosen = str((action.get("selected_option") or {}).get("value", ""))
    line = str(body.get("text") or action.get("value") or chosen)
    if body.get("callback_id") == ANYTHING:
        hint = "status, clusters, why C-12, …"
        return _modal("Soulcaster", [_input("line", "What to do", hint=hint)], body)
    if body.get("callback_id") == REPORT:
        text = typed(str((body.get("message") or {}).get("text") or ""))
        chosen = f"feedback -- {text[:_LONGEST]}"
    elif wanted := wants_secret(line):
        asked = _input(SECRET, f"The {wanted}")
        return _modal("Only for the vault", [asked | {"optional": False}], body, line=line)
    if not (verb := verb_of(chosen)):
        return None
    blocks = [_of_field(field, value) for field, value in inputs(chosen)]
    return _modal(FORMS[verb].title, blocks, body, verb=verb)


def said(submitted: Mapping[str, Any]) -> tuple[Json, str]:
    """What a sent form says, as a button whose value it is, and the secret that was typed. Raises
    NotUnderstood where it says no sentence."""
    told: Json = json.loads(submitted["view"]["private_metadata"])
    values = {}
    for name, elements in submitted["view"]["state"]["values"].items():
        chosen = elements["typed"].get("selected_option") or {}
        values[name] = str(elements["typed"].get("value") or chosen.get("value") or "").strip()
    verb, line = told.pop("verb", ""), told.pop("line", "") or values.get("line", "")
    line = line_of(verb, values) if verb else line
    if not line or (SECRET in values and not values[SECRET]):
        raise NotUnderstood("Say what to do, for example: status")
    [action] = told.pop("actions", [{}])
    who = {name: submitted.get(name) for name in ("user", "team", "trigger_id")}
    return {**told, **who, "actions": [{**action, "value": line}]}, values.get(SECRET, "")


def _modal(title: str, blocks: list[Json], body: Mapping[str, Any], **told: str) -> Json:
    where: Json = {name: body[name] for name in ("container", "response_url") if body.get(name)}
    where["channel"] = body.get("channel") or {"id": body.get("channel_id", "")}
    for name, kept in _KEPT.items():
        if found := body.get(name):
            where[name] = {each: found[each] for each in kept if found.get(each)}
    if actions := body.get("actions"):
        where["actions"] = [{"action_id": actions[0].get("action_id", "")}]
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": json.dumps({**where, **told}, separators=(",", ":")),
        "title": _text(title),
        "submit": _text("Say it"),
        "blocks": blocks,
    }


_LABELS = {
    **dict.fromkeys(("about", "cluster"), "problem"), "clusters": "problems", "items": "reports",
    "base": "base branch", "steer": "note for the agent", "by": "what to go by",
    "span": "for how long", "until": "until seen so many times",
}  # fmt: skip


def _of_field(field: Field, value: str) -> Json:
    kind = field.kind
    label = _LABELS.get(field.name, field.name).capitalize()
    hint = "" if kind.free else f"{kind.what}, for example {kind.example}"
    block = _input(field.attribute, label, hint=hint, value=value)
    block["optional"] = not field.required
    if kind.choices:
        options = [{"text": _text(choice), "value": choice} for choice in kind.choices]
        block["element"] = {"type": "static_select", "action_id": "typed", "options": options}
    elif field.place == "text" or field.name == "text":
        block["element"]["multiline"] = True
    return block


def _input(name: str, label: str, *, hint: str = "", value: str = "") -> Json:
    element: Json = {"type": "plain_text_input", "action_id": "typed", "max_length": _LONGEST}
    element |= {"initial_value": value} if value else {}
    block = {"type": "input", "block_id": name, "optional": True, "label": _text(label)}
    return block | {"element": element} | ({"hint": _text(hint[:150])} if hint else {})


def _text(words: str) -> Json:
    return {"type": "plain_text", "text": words}
