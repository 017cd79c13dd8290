"""Forms of Slack: what opens one, what it shows, and the sentence that it says."""

from __future__ import annotations

import pytest

from bot.domain.commands.grammar import parse
from bot.domain.errors import NotUnderstood
from bot.simulators.slack.blocks import view_problems
from handlers.slack import forms
from workers.commands.forms import FORMS, inputs, line_of
from workers.commands.verbs import ROSTER

PRESSED = {
    "type": "block_actions",
    "channel": {"id": "C1", "name": "triage"},
    "container": {"type": "message", "message_ts": "1.0", "channel_id": "C1"},
    "message": {"ts": "1.0", "text": "long", "metadata": {"event_type": "soulcaster_card"}},
    "response_url": "https://hooks.slack.com/actions/1",
    "user": {"id": "U1"},
}


def chosen(line: str) -> dict:
    action = {"type": "overflow", "action_id": "soulcaster:7:1", "selected_option": {"value": line}}
    return {**PRESSED, "actions": [action]}


def submitted(view: dict, **typed: str) -> dict:
    values = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            value = typed.get(block["block_id"], element.get("initial_value"))
            state = {"value": value}
            if element["type"] == "static_select":
                value = typed.get(block["block_id"])
                state = {"selected_option": {"value": value} if value else None}
            values[block["block_id"]] = {"typed": state}
    return {"view": {**view, "state": {"values": values}}, "user": {"id": "U1"}, "trigger_id": "t"}


@pytest.mark.parametrize("verb", FORMS)
def test_every_form_is_one_that_slack_shows(verb: str) -> None:
    view = forms.asking(chosen(verb))
    assert view is not None
    assert view_problems(view) == []


@pytest.mark.parametrize(
    ("line", "typed", "says"),
    [
        (
            "fix C-12",
            {"steer": "keep the\nAPI", "base": "dev"},
            "fix C-12 --base=dev -- keep the\nAPI",
        ),
        ("merge C-12", {"into": "C-3"}, "merge C-12 into C-3"),
        ("merge C-12", {"clusters": "C-12 C-13", "into": "C-3"}, "merge C-12 C-13 into C-3"),
        ("split C-12", {"by": "release"}, "split C-12 --by=release"),
        ("snooze C-12", {"until": "50"}, "snooze C-12 until 50"),
        ("ignore C-12", {"reason": "spam"}, "ignore C-12 --reason=spam"),
        ("digest", {"when": "mon 09:00 UTC"}, "digest schedule -- mon 09:00 UTC"),
    ],
)
def test_what_is_typed_is_a_sentence_answered_where_it_was_pressed(
    line: str, typed: dict[str, str], says: str
) -> None:
    view = forms.asking(chosen(line))
    assert view is not None
    said, _ = forms.said(submitted(view, **typed))
    assert said["actions"] == [{"action_id": "soulcaster:7:1", "value": says}]
    assert parse(says, ROSTER)
    assert (said["channel"]["id"], said["message"]["ts"]) == ("C1", "1.0")
    assert said["message"]["metadata"] == PRESSED["message"]["metadata"]
    assert len(view["private_metadata"]) < 1_000


def test_what_is_no_sentence_is_said_in_the_form() -> None:
    view = forms.asking(chosen("snooze C-12"))
    assert view is not None
    with pytest.raises(NotUnderstood, match="until wants a number"):
        forms.said(submitted(view, until="soon"))


def test_a_message_becomes_a_report_as_it_was_typed() -> None:
    message = {"ts": "2.0", "text": "Is <https://shop.example/a|this> &lt;b&gt; -- broken?"}
    body = {**PRESSED, "type": "message_action", "callback_id": forms.REPORT, "message": message}
    view = forms.asking(body)
    assert view is not None
    said, _ = forms.said(submitted(view, title="Broken"))
    text = "Is https://shop.example/a <b> -- broken?"
    assert said["actions"] == [{"value": f"feedback --title=Broken -- {text}"}]


def test_the_shortcut_takes_a_sentence() -> None:
    view = forms.asking({"type": "shortcut", "callback_id": forms.ANYTHING})
    assert view is not None
    assert view_problems(view) == []
    said, _ = forms.said(submitted(view, line="status C-1"))
    assert said["actions"] == [{"value": "status C-1"}]
    with pytest.raises(NotUnderstood):
        forms.said(submitted(view))


def test_a_secret_is_typed_into_a_form_of_its_own_and_is_no_part_of_the_line() -> None:
    line = "acme/shop source secret sentry:web"
    for body in ({"text": line, "channel_id": "C1"}, {**PRESSED, "actions": [{"value": line}]}):
        view = forms.asking(body)
        assert view is not None
        assert view_problems(view) == []
        told, secret = forms.said(submitted(view, secret=" 5e7c4a1b "))
        assert secret == "5e7c4a1b"
        assert told["actions"][0]["value"] == line
        assert told["channel"]["id"] == "C1"
        with pytest.raises(NotUnderstood):
            forms.said(submitted(view, secret=" "))


def test_a_button_of_a_card_opens_none() -> None:
    button = {"type": "button", "action_id": "soulcaster:7:1", "value": "fix C-12"}
    assert forms.asking({**PRESSED, "actions": [button]}) is None
    assert forms.asking(chosen("resolve C-12")) is None


def test_a_form_shows_what_the_sentence_says_already() -> None:
    shown = {field.name: value for field, value in inputs("fix C-12 --base=dev -- carefully")}
    assert shown == {"about": "C-12", "agent": "", "base": "dev", "steer": "carefully"}
    assert line_of("snooze", {"about": "C-1", "span": "3d"}) == "snooze C-1 3d"
