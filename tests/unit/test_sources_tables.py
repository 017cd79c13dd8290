"""What the sources that are tables make of payloads in their vendors' documented shapes."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.audience import Audience
from bot.domain.errors import BadPayload, BadSignature
from bot.domain.models import Draft
from bot.sources import SOURCES, generic, github_issue
from bot.sources.heard import Heard, Ignored, Recovery
from bot.sources.reading import decode

RECEIVED = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)
SECRET = "It's a secret"


def hear(source: str, told: object, **headers: str) -> Heard:
    [heard] = SOURCES[source].parse(told, headers, RECEIVED)
    return heard


def one(source: str, told: object, **headers: str) -> Draft:
    heard = hear(source, told, **headers)
    assert isinstance(heard, Draft)
    return heard


def incident(kind: str, **data: Any) -> dict[str, Any]:
    data = {"id": "Q1", "title": "Till is down", "service": {"id": "S1", "summary": "till"}, **data}
    return {"event": {"event_type": kind, "occurred_at": "2026-11-21T10:00:00Z", "data": data}}


def sns(state: str) -> dict[str, Any]:
    alarm = {
        "AlarmName": "till-5xx",
        "AlarmDescription": "Too many errors",
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:1:alarm:till-5xx",
        "NewStateValue": state,
        "NewStateReason": "Threshold crossed",
        "StateChangeTime": "2026-11-21T10:00:00.000+0000",
    }
    return {"Type": "Notification", "MessageId": "m1", "Message": json.dumps(alarm)}


# By source: a report, its key, its title, and the end of it.
STORIES: dict[str, tuple[Any, str, str, Any]] = {
    "pagerduty": (
        incident("incident.triggered"),
        "S1:Till is down",
        "Till is down",
        incident("incident.resolved"),
    ),
    "opsgenie": (
        {"action": "Create", "alert": {"alertId": "a1", "alias": "till", "message": "Till slow"}},
        "till",
        "Till slow",
        {"action": "Close", "alert": {"alertId": "a1", "alias": "till", "message": "Till slow"}},
    ),
    "rollbar": (
        {
            "event_name": "new_item",
            "data": {"item": {"id": 7, "title": "KeyError: total", "last_occurrence_id": 70}},
        },
        "7",
        "KeyError: total",
        {"event_name": "resolved_item", "data": {"item": {"id": 7, "title": "KeyError: total"}}},
    ),
    "honeybadger": (
        {
            "event": "occurred",
            "message": "[Shop] KeyError: total",
            "fault": {"id": 7, "klass": "KeyError", "message": "total"},
            "notice": {"id": "n1", "created_at": "2026-11-21T10:00:00Z"},
        },
        "fault:7",
        "KeyError: total",
        {"event": "resolved", "message": "[Shop] resolved", "fault": {"id": 7}},
    ),
    "bugsnag": (
        {
            "trigger": {"type": "firstException"},
            "error": {"errorId": "7", "id": "70", "exceptionClass": "KeyError", "message": "total"},
        },
        "7",
        "KeyError: total",
        {
            "trigger": {"type": "errorStateManualChange", "stateChange": "fixed"},
            "error": {"errorId": "7", "exceptionClass": "KeyError"},
        },
    ),
    "newrelic": (
        {
            "issueId": "i1",
            "title": "Till is slow",
            "state": "ACTIVATED",
            "alertPolicyNames": ["Shop"],
            "alertConditionNames": ["Till latency"],
        },
        "Shop:Till latency",
        "Till latency",
        {
            "issueId": "i1",
            "state": "CLOSED",
            "alertPolicyNames": ["Shop"],
            "alertConditionNames": ["Till latency"],
        },
    ),
    "cloudwatch": (
        sns("ALARM"),
        "arn:aws:cloudwatch:eu-west-1:1:alarm:till-5xx",
        "till-5xx: Too many errors",
        sns("OK"),
    ),
    "grafana": (
        {"alerts": [{"status": "firing", "fingerprint": "f1", "labels": {"alertname": "Slow"}}]},
        "f1",
        "Slow",
        {"alerts": [{"status": "resolved", "fingerprint": "f1", "labels": {"alertname": "Slow"}}]},
    ),
    "datadog": (
        {"title": "[Triggered] Slow", "alert_id": "7", "alert_transition": "Triggered"},
        "monitor:7:",
        "Slow",
        {"title": "[Recovered] Slow", "alert_id": "7", "alert_transition": "Recovered"},
    ),
    "sentry": (
        {"action": "created", "data": {"issue": {"id": "7", "title": "KeyError: total"}}},
        "7",
        "KeyError: total",
        {"action": "resolved", "data": {"issue": {"id": "7", "title": "KeyError: total"}}},
    ),
}


@pytest.mark.parametrize("source", STORIES)
def test_trouble_and_its_end_are_of_one_key(source: str) -> None:
    begun, key, title, ended = STORIES[source]
    draft, over = one(source, begun), hear(source, ended)
    assert (draft.key, draft.title) == (key, title)
    assert draft.audience is Audience.TEAM
    assert isinstance(over, Recovery)
    assert over.key == key


def test_an_incident_is_an_occurrence_of_what_its_service_calls_by_that_title() -> None:
    first, second = (one("pagerduty", incident("incident.triggered", id=i)) for i in ("Q1", "Q2"))
    assert first.key == second.key
    assert first.event != second.event
    assert first.occurred_at == TEN


def test_an_alias_of_its_own_is_no_alias() -> None:
    told = {"action": "Create", "alert": {"alertId": "a1", "alias": "a1", "message": "Till slow"}}
    assert one("opsgenie", told).key == "Till slow"


def test_an_item_that_is_reopened_by_hand_is_the_occurrence_that_was_counted() -> None:
    item = {"id": 7, "title": "x", "last_occurrence_id": 70, "last_activated_timestamp": 1795255200}
    again = one("rollbar", {"event_name": "reopened_item", "data": {"item": item}})
    assert again.event == one("rollbar", STORIES["rollbar"][0]).event
    assert again.occurred_at == datetime.fromtimestamp(1795255200, UTC)


def test_frames_are_read_with_the_innermost_last() -> None:
    trace = {"stackTrace": [{"file": "a.py", "lineNumber": 3, "method": "f"}, {"file": "b.py"}]}
    told = STORIES["bugsnag"][0]
    draft = one("bugsnag", {**told, "error": {**told["error"], **trace}})
    assert [(f.path, f.line, f.function) for f in draft.frames] == [
        ("b.py", None, ""),
        ("a.py", 3, "f"),
    ]
    told = STORIES["honeybadger"][0]
    notice = {"id": "n", "backtrace": [{"file": "a.rb", "number": "3", "method": "f"}]}
    [frame] = one("honeybadger", {**told, "notice": notice}).frames
    assert (frame.path, frame.line) == ("a.rb", 3)


def test_splunk_gives_what_was_found() -> None:
    told = {
        "sid": "scheduler__1",
        "search_name": "Failed logins",
        "app": "search",
        "results_link": "https://splunk.example/1",
        "result": {"_time": "1795255200", "user": "ana", "count": "12", "date_hour": "10"},
    }
    draft = one("splunk", told)
    assert (draft.key, draft.event) == ("search:Failed logins", "scheduler__1:1795255200")
    assert draft.body == "user: ana\ncount: 12"
    assert draft.url == "https://splunk.example/1"
    assert one("splunk", {**told, "sid": "scheduler__2"}).event != draft.event


def test_a_person_of_intercom_writes_html() -> None:
    message = {"body": "<p>The total &amp; the tax<br>are wrong</p>", "subject": ""}
    item = {"id": "9", "conversation_message": message, "user": {"id": "u1"}}
    draft = one("intercom", {"topic": "conversation.user.created", "data": {"item": item}})
    assert draft.title == "The total & the tax"
    assert draft.body == "The total & the tax\nare wrong"
    assert draft.author == "u1"


def test_a_flat_body_of_posthog() -> None:
    told = {
        "event": "$error_tracking_issue_created",
        "event_id": "e1",
        "issue_id": "i1",
        "name": "KeyError",
        "description": "total",
        "fingerprint": "f1",
        "timestamp": "2026-11-21T10:00:00Z",
    }
    draft = one("posthog", told)
    assert (draft.key, draft.event, draft.title) == ("issue:i1", "e1", "KeyError: total")
    assert (draft.fingerprint, draft.occurred_at) == ("f1", TEN)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("pagerduty", incident("incident.acknowledged")),
        ("opsgenie", {"action": "AddNote", "alert": {"alertId": "a1"}}),
        ("cloudwatch", sns("INSUFFICIENT_DATA")),
        ("cloudwatch", {"Type": "SubscriptionConfirmation", "Message": "You have chosen ..."}),
        ("rollbar", {"event_name": "deploy", "data": {"deploy": {}}}),
        ("zendesk", {"type": "zen:event-type:ticket.status_changed", "detail": {"id": "1"}}),
        ("intercom", {"topic": "ping", "data": {"item": {"type": "ping"}}}),
    ],
)
def test_other_news_is_ignored_and_says_why(source: str, told: object) -> None:
    assert isinstance(hear(source, told), Ignored)


@pytest.mark.parametrize(
    ("source", "told", "missing"),
    [
        ("newrelic", {"condition_name": "Slow"}, "current_state || state"),
        ("newrelic", {"current_state": "open"}, "condition_name"),
        ("alertmanager", {"status": "firing"}, "alerts"),
        ("splunk", {"sid": "1"}, "search_name"),
    ],
)
def test_a_template_that_does_not_fit_is_refused_with_what_is_missing(
    source: str, told: object, missing: str
) -> None:
    with pytest.raises(BadPayload, match=missing.replace("|", r"\|")):
        hear(source, told)


def test_an_issue_of_another_repository_keeps_its_name_number_and_visibility() -> None:
    issue = {"number": 33, "title": "Total is wrong", "user": {"login": "ana", "id": 5}}
    told = {"action": "opened", "issue": issue, "repository": {"id": 8, "full_name": "acme/api"}}
    for private, audience in ((False, Audience.PUBLIC), (True, Audience.TEAM)):
        told["repository"] = {"id": 8, "full_name": "acme/api", "private": private}
        draft = one("github", told, project="7")
        assert draft.key == "repository:8:issue:33"
        assert draft.audience is audience
        assert draft.tags["repository"] == "acme/api"
        assert draft.author_id is None, "whoever holds the door may say who wrote it"
    ours = one("github", told, project="8")
    assert (ours.key, ours.audience) == (github_issue.key(33), Audience.PROJECT)


def test_a_form_is_read_as_its_fields_or_the_json_in_its_payload() -> None:
    form = "application/x-www-form-urlencoded; charset=utf-8"
    assert decode(b"title=a+b&id=", form) == {"title": "a b", "id": ""}
    assert decode(b"payload=%7B%22a%22%3A1%7D", form) == {"a": 1}
    assert decode(b'{"a":1}', "text/plain; charset=UTF-8") == {"a": 1}
    for body, kind in ((b"payload=x", form), (b"\xff", form), (b" ", form), (b"a=1", "text/plain")):
        with pytest.raises(BadPayload):
            decode(body, kind)


def signatures(body: bytes, secret: str) -> dict[str, dict[str, str]]:
    """By source, the headers its vendor sends with a body."""
    sha256 = hmac.digest(secret.encode(), body, "sha256")
    sha1 = hmac.digest(secret.encode(), body, "sha1").hex()
    at = "2026-11-21T10:00:00Z"
    timed = hmac.digest(secret.encode(), at.encode() + body, "sha256")
    basic = base64.b64encode(f"any:{secret}".encode()).decode()
    return {
        "pagerduty": {"X-PagerDuty-Signature": f"v1={'0' * 64}, v1={sha256.hex()}"},
        "grafana": {"X-Grafana-Alerting-Signature": sha256.hex()},
        "intercom": {"X-Hub-Signature": f"sha1={sha1}"},
        "zendesk": {
            "X-Zendesk-Webhook-Signature": base64.b64encode(timed).decode(),
            "X-Zendesk-Webhook-Signature-Timestamp": at,
        },
        "datadog": {"Authorization": f"Basic {basic}"},
    }


@pytest.mark.parametrize("source", signatures(b"", ""))
def test_a_vendors_own_proof_opens_its_door(source: str) -> None:
    for body, secret, right in (
        (b"{}", SECRET, True),
        (b"{ }", SECRET, False),
        (b"{}", "x", False),
    ):
        if source == "datadog" and secret == SECRET:
            right = True  # it signs nothing
        headers = signatures(b"{}", secret)[source]
        try:
            proof = SOURCES[source].prove(headers, SECRET)
            proof.update(body)
            proof.finish()
        except BadSignature:
            assert not right
        else:
            assert right


@pytest.mark.parametrize(
    ("payload", "wanted"),
    [
        (
            {"check": {"check_id": 5, "name": "Shop", "status": "DOWN"}, "time": 1795255200},
            {
                "title": "check.name",
                "key": "check.check_id",
                "state": "check.status",
                "when": "time",
            },
        ),
        ({"odd name": {"title": "x"}}, {"title": '"odd name".title'}),
        ({"link": "no address", "subject": "x"}, {"title": "subject"}),
        ([{"title": "x"}], {}),
    ],
)
def test_fields_are_guessed(payload: object, wanted: dict[str, str]) -> None:
    assert generic.guess(payload) == wanted


def test_fields_that_are_said_may_hold_spaces() -> None:
    said = "title=a.b || 'no title' key=[a, b] only=state != 'ok'"
    assert generic.read_fields(said) == {
        "title": "a.b || 'no title'",
        "key": "[a, b]",
        "only": "state != 'ok'",
    }
    for wrong in ("a.b", "title=a.", "title=" + "(" * 400):
        with pytest.raises(BadPayload):
            generic.read_fields(wrong)
