"""Every event of GitHub has an effect, or a reason why it has none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.github.events import HEARD, NOTHING, UNHEARD, effect_of
from handlers.github import webhook
from workers.hearing.github.deliveries import router


def test_every_real_payload_has_its_row(shared: Path) -> None:
    seen = set()
    for file in sorted((shared / "conformance/github-webhooks/payloads").glob("*.json")):
        event, action = file.name.split(".")[:2]
        body = file.read_bytes()
        headers = {"x-github-event": event, "x-github-delivery": "1"}
        effect = effect_of(event, "" if action == "none" else action)
        assert effect != f"{NOTHING}not known", file.name
        heard = webhook.read(headers, body, 0) is not None
        assert heard != effect.startswith(NOTHING), file.name
        seen.add(event)
    assert len(seen) >= 58


def test_every_event_of_the_description_has_its_row(shared: Path) -> None:
    file = shared / "conformance/github-webhooks/webhook-schemas.openapi.min.json"
    known = {*HEARD, *(event for events in UNHEARD.values() for event in events.split())}
    for name in json.loads(file.read_text())["webhooks"]:
        event = name.replace("-", "_")
        assert any(event == each or event.startswith(f"{each}_") for each in known), name


def test_what_is_in_the_table_is_heard_and_nothing_else() -> None:
    routed = {*router._shallow_routes, *router._deep_routes}
    assert routed == HEARD.keys()
    assert not HEARD.keys() & {e for events in UNHEARD.values() for e in events.split()}


@pytest.mark.parametrize(
    ("event", "action", "begins"),
    [
        ("issues", "closed", "by a person: settled"),
        ("issues", "labeled", "the issue as it is"),
        ("issue_comment", "edited", "commands"),
        ("issue_comment", "deleted", NOTHING),
        ("public", "", "what was said"),
        ("star", "created", NOTHING),
        ("unheard_of", "created", f"{NOTHING}not known"),
    ],
)
def test_the_effect_of_an_action(event: str, action: str, begins: str) -> None:
    assert effect_of(event, action).startswith(begins)
