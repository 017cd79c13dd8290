"""Whatever is thrown at the doors: no 5xx, nothing gets in, and the worker lives on."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from e2e_kit import (
    all_items,
    deliver,
    knock,
    open_issue,
    parked,
    settled,
    sign,
    to_slacks_door,
    unlike,
)

from handlers.demo.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

ISSUE: dict[str, Any] = {
    "action": "opened",
    "issue": {
        "number": 4711,
        "title": "Smuggled in",
        "body": "",
        "user": {"login": "mallory", "type": "User"},
        "state": "open",
        "created_at": "2026-11-20T10:00:00Z",
        "updated_at": "2026-11-20T10:00:00Z",
    },
    "sender": {"login": "mallory", "type": "User"},
    "repository": {"id": 1, "full_name": "acme/shop", "private": True},
    "installation": {"id": 1},
}


async def test_unsigned_is_refused(stage: Stage) -> None:
    assert await deliver(stage, "issues", ISSUE, headers={"X-Hub-Signature-256": None}) == 401


async def test_wrongly_signed_is_refused(stage: Stage) -> None:
    wrong = "sha256=" + "0" * 64
    assert await deliver(stage, "issues", ISSUE, headers={"X-Hub-Signature-256": wrong}) == 401
    of_another_body = sign(stage, b"{}")
    headers = {"X-Hub-Signature-256": of_another_body}
    assert await deliver(stage, "issues", ISSUE, headers=headers) == 401


async def test_signed_with_sha1_only_is_refused(stage: Stage) -> None:
    body = json.dumps(ISSUE).encode()
    secret = stage.environment["GITHUB_WEBHOOK_SECRET"].encode()
    old = "sha1=" + hmac.new(secret, body, hashlib.sha1).hexdigest()
    for headers in (
        {"X-Hub-Signature": old, "X-Hub-Signature-256": None},
        {"X-Hub-Signature-256": old},
    ):
        assert await deliver(stage, "issues", body, headers=headers) == 401


async def test_a_signature_that_is_not_ascii_is_refused(stage: Stage) -> None:
    for odd in ("sha256=ÄÖÜ", "sha256=\udcff\udcfe", "☃"):
        assert await deliver(stage, "issues", ISSUE, headers={"X-Hub-Signature-256": odd}) == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"action": "opened", "issue": {"num',
        b"not json",
        b"[1, 2, 3]",
        b'"text"',
        b"null",
        b"\xff\xfe\x00",
        b'{"action": "\\ud800"}',
        b'{"action": ["opened"]}',
        b'{"installation": 5}',
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_what_is_no_payload_is_refused(stage: Stage, body: bytes) -> None:
    assert await deliver(stage, "issues", body) == 400


async def test_missing_headers_are_refused(stage: Stage) -> None:
    for name in ("X-GitHub-Event", "X-GitHub-Delivery"):
        assert await deliver(stage, "issues", ISSUE, headers={name: None}) == 400


async def test_a_body_of_30_mb_is_refused(stage: Stage) -> None:
    body = b'{"pad": "' + b"x" * 30_000_000 + b'"}'
    assert await deliver(stage, "issues", body) == 413


async def test_an_unknown_event_is_ignored(stage: Stage) -> None:
    assert await deliver(stage, "sponsorship", {"action": "created"}) == 202
    assert await deliver(stage, "ping", {"zen": "Keep it logically awesome."}) == 202


async def test_an_unknown_installation_makes_no_project(stage: Stage) -> None:
    stranger = {
        **ISSUE,
        "repository": {"id": 999_999_999, "full_name": "evil/corp", "private": False},
        "installation": {"id": 999_999_999},
    }
    before = len(await all_items(stage))
    assert await deliver(stage, "issues", stranger) == 202
    await settled(stage)
    assert [p.full_name for p in await stage.context.projects.all()] == [stage.repository]
    assert await stage.context.items.last(999_999_999) == 0
    assert len(await all_items(stage)) == before


# Alert doors


async def test_an_unknown_source_is_not_found(stage: Stage) -> None:
    assert await knock(stage, "nagios", b"{}", hook="x") == 404


@pytest.mark.parametrize("source", ["sentry", "datadog", "posthog", "reddit", "feedback"])
async def test_an_alert_door_opens_only_to_its_secret(stage: Stage, source: str) -> None:
    body = b'{"title": "hello"}'
    assert await knock(stage, source, body, hook="nothing-here") == 401
    assert await knock(stage, source, body, headers={}) == 401
    for name in ("Authorization", "X-Soulcaster-Token", "Sentry-Hook-Signature"):
        for wrong in ("Bearer wrong", "ÄÖÜ", "sha256=00", "Bearer ", ""):
            assert await knock(stage, source, body, headers={name: wrong}) == 401
    other = next(hook for name, hook in stage.hooks.items() if name != source)
    stolen = {"Authorization": f"Bearer {other.secret}"}
    assert await knock(stage, source, body, headers=stolen) == 401
    assert await knock(stage, source, body, hook=other.id, headers=stolen) == 401


def proof(stage: Stage, source: str, body: bytes) -> dict[str, str]:
    secret = stage.hooks[source].secret
    if source == "sentry":
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return {"Sentry-Hook-Signature": signature, "Sentry-Hook-Resource": "issue"}
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("source", ["sentry", "datadog", "posthog", "reddit", "feedback"])
async def test_an_alert_that_is_no_json_is_refused(stage: Stage, source: str) -> None:
    for body in (b"", b"  \n", b'{"half', b"\xff\xfe", b"[" * 100_000):
        assert await knock(stage, source, body, headers=proof(stage, source, body)) == 422


@pytest.mark.parametrize("source", ["sentry", "datadog", "posthog", "reddit", "feedback"])
async def test_an_alert_of_another_shape_stops_nobody(stage: Stage, source: str) -> None:
    odd: list[object] = [[], 5, "x", None, {}, {"data": None}, {"title": ["a"]}, {"text": {"a": 1}}]
    for each in odd:
        body = json.dumps(each).encode()
        assert await knock(stage, source, body, headers=proof(stage, source, body)) in (202, 422)
    await settled(stage)


async def test_slacks_doors_survive_what_is_no_text(stage: Stage) -> None:
    for name in ("commands", "interactions", "events"):
        for body, kind in (
            (b"\xff\xfe\xfd", "application/x-www-form-urlencoded; charset=utf-8"),
            (b"payload=%7B", "application/x-www-form-urlencoded; charset=klingon"),
            (b"{", "application/json"),
            (b"", "text/plain"),
        ):
            url = f"{stage.web_url}/slack/{name}"
            async with stage.http.post(url, data=body, headers={"Content-Type": kind}) as answer:
                assert answer.status in (400, 401, 404), (name, kind, answer.status)


async def test_what_slack_signs_in_another_shape_breaks_nothing(stage: Stage) -> None:
    event, press = {"type": "event_callback"}, {"type": "block_actions"}
    odd: list[object] = [[], 5, "x", None, {}, {"event": 5}, {"team": []}, {"user": 5}]
    odd += [{**event, "event": each} for each in ([], 5, {"type": 5}, {"type": "app_mention"})]
    odd += [{**event, "authorizations": [5]}, {**event, "is_ext_shared_channel": True, "event": 5}]
    odd += [{**press, "actions": each} for each in (5, [], [5], [{}], [{"action_id": 5}])]
    odd += [{"type": "view_submission", "view": 5}, {"type": "message_action"}, {"command": 5}]
    for each in odd:
        text = json.dumps(each).encode()
        for body in (text, text[:-1], b"[" * 9_999 + text, b"payload=" + quote(text).encode()):
            for name in ("commands", "interactions", "events"):
                status = await to_slacks_door(stage, name, body)
                assert status in (200, 400, 404), (name, body[-99:], status)
    assert all(process.restarts == 0 for process in stage.stack.processes.values())


# GitHub's real payloads


def without_some(value: Any, chance: random.Random, share: float) -> Any:
    """The same with a share of its fields taken away or made null."""
    if isinstance(value, dict):
        return {
            key: None if chance.random() < share / 3 else without_some(each, chance, share)
            for key, each in value.items()
            if chance.random() >= share
        }
    if isinstance(value, list):
        return [without_some(each, chance, share) for each in value]
    return value


def payloads(folder: Path) -> Iterator[tuple[str, Any]]:
    for path in sorted((folder / "conformance" / "github-webhooks" / "payloads").glob("*.json")):
        yield path.name.split(".")[0], json.loads(path.read_text())


async def test_real_payloads_whole_and_mutilated_stop_nobody(stage: Stage, shared: Path) -> None:
    chance = random.Random(20261121)
    statuses: dict[int, int] = {}
    for event, payload in payloads(shared):
        for share in (0.0, 0.02, 0.15):
            status = await deliver(stage, event, without_some(payload, chance, share))
            statuses[status] = statuses.get(status, 0) + 1
            if share == 0.0:
                assert status == 202, event
    assert set(statuses) <= {202, 400}, statuses
    await settled(stage, timeout=60)
    # What could not be read was given up with its reason, and nothing is tried for ever.
    assert all("BadPayload" in reason for reason in (await parked(stage)).values())
    assert [p.full_name for p in await stage.context.projects.all()] == [stage.repository]
    assert await open_issue(stage, f"The worker lives {unlike()}", "and clusters") > 0
    assert all(process.restarts == 0 for process in stage.stack.processes.values())
