"""What each source makes of its payloads."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.audience import Audience
from bot.domain.errors import BadPayload
from bot.domain.models import Draft, Frame
from bot.sources import SOURCES, github_issue
from bot.sources.heard import Ignored, Recovery
from bot.sources.reading import moment, occurred, opening, tags

RECEIVED = datetime(2026, 11, 21, 12, tzinfo=UTC)
HALF_PAST_EIGHT = datetime(2026, 11, 16, 8, 30, tzinfo=UTC)
SECRET = "It's a secret"


def payload(name: str) -> Any:
    return json.loads((Path(__file__).parent.parent / "payloads" / f"{name}.json").read_text())


def one(source: str, told: object) -> Draft:
    [draft] = SOURCES[source].parse(told, {}, RECEIVED)
    assert isinstance(draft, Draft)
    return draft


def test_a_sentry_event_is_an_occurrence_of_its_issue() -> None:
    draft = one("sentry", payload("sentry_error_event"))
    assert (draft.key, draft.event) == ("9001", "0d1e")
    assert draft.title == "KeyError: 'total'"
    assert draft.body == "'total'\nin shop.cart in total"
    assert draft.level == "critical"
    assert (draft.environment, draft.release) == ("production", "shop@2.4.0")
    assert draft.occurred_at == HALF_PAST_EIGHT + timedelta(seconds=0.5)
    assert draft.fingerprint == "cart:total"
    assert draft.tags == {"browser": "Firefox"}, "a person's id is not kept"
    assert draft.audience is Audience.TEAM
    assert draft.frames[-1] == Frame(
        path="shop/cart.py", function="total", line=12, code="return prices['total']"
    )
    assert [frame.in_app for frame in draft.frames] == [False, True]


def test_a_sentry_issue_and_its_events_are_one_item() -> None:
    issue = one("sentry", payload("sentry_issue_created"))
    event = one("sentry", payload("sentry_error_event"))
    assert issue.key == event.key
    assert issue.event != event.event
    assert issue.people == 4


@pytest.mark.parametrize("action", ["assigned", "resolved", "ignored", "archived"])
def test_what_people_do_with_a_sentry_issue_is_no_report(action: str) -> None:
    told = {**payload("sentry_issue_created"), "action": action}
    [heard] = SOURCES["sentry"].parse(told, {}, RECEIVED)
    assert isinstance(heard, Recovery if action == "resolved" else Ignored)


def test_a_sentry_issue_seen_again_is_an_occurrence() -> None:
    created = payload("sentry_issue_created")
    again = one("sentry", {**created, "action": "unresolved"})
    assert again.key == "9001"
    assert again.event != one("sentry", created).event


def test_sentry_signs_the_body() -> None:
    body = '{"é": 1}'.encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    for source, headers in (
        ("sentry", {"Sentry-Hook-Signature": signature}),
        ("sentry", {"X-Soulcaster-Token": SECRET}),
        ("github", {"X-Hub-Signature-256": f"sha256={signature}"}),
    ):
        proof = SOURCES[source].prove(headers, SECRET)
        proof.update(body[:3])
        proof.update(body[3:])
        proof.finish()


@pytest.mark.parametrize("source", ["datadog", "posthog", "reddit", "feedback"])
def test_the_others_send_the_secret(source: str) -> None:
    assert SOURCES[source].prove({"AUTHORIZATION": f"bearer {SECRET}"}, SECRET).at_once
    assert SOURCES[source].prove({"x-soulcaster-token": SECRET}, SECRET).at_once


def test_a_datadog_monitor_triggers() -> None:
    draft = one("datadog", payload("datadog_triggered"))
    assert draft.title == "Checkout is slow"
    assert draft.body == "p95 over 2 s"
    assert draft.key == "monitor:5:host:web-1,env:prod"
    assert (draft.level, draft.environment) == ("critical", "prod")
    assert draft.tags == {"host": "web-1", "env": "prod", "team": "shop"}
    assert draft.occurred_at == datetime.fromtimestamp(1_794_817_800, UTC)


def test_a_datadog_monitor_triggers_again() -> None:
    first = payload("datadog_triggered")
    later = {**first, "alert_transition": "Re-Triggered", "date": "1794817900000"}
    one_draft, other = one("datadog", first), one("datadog", later)
    assert one_draft.key == other.key
    assert one_draft.event != other.event
    assert one("datadog", first).event == one_draft.event


@pytest.mark.parametrize(
    "told",
    [
        {**payload("datadog_triggered"), "alert_transition": "Recovered"},
        {**payload("datadog_triggered"), "alert_transition": "Warn Recovered"},
        {"title": "[P3] [Recovered on {host:a}] Low disk space", "id": "1"},
        {"title": "Fine again", "alert_type": "success"},
    ],
)
def test_a_datadog_recovery_is_no_report(told: dict[str, Any]) -> None:
    [heard] = SOURCES["datadog"].parse(told, {}, RECEIVED)
    assert isinstance(heard, Recovery)


def test_the_state_in_a_datadog_title_does_not_make_another_item() -> None:
    one_draft = one("datadog", {"title": "[P3] [Triggered on {host:a}] Low disk space", "id": "1"})
    other = one("datadog", {"title": "[P3] [Warn on {host:a}] Low disk space", "id": "2"})
    assert one_draft.key == other.key
    assert other.level == "warning"


def test_a_posthog_exception() -> None:
    draft = one("posthog", payload("posthog_exception"))
    assert (draft.key, draft.event) == ("issue:iss-1", "018f-1")
    assert draft.title == "TypeError: cart is null"
    assert draft.frames == (Frame(path="app/cart.ts", function="total", line=9),)
    assert draft.fingerprint == "fp"


def test_a_posthog_survey_answer() -> None:
    draft = one("posthog", payload("posthog_survey"))
    assert draft.title == "The total is wrong."
    assert draft.body == "The total is wrong.\nPlease help."
    rating = payload("posthog_survey")
    rating["event"]["properties"]["$survey_response"] = 4
    [heard] = SOURCES["posthog"].parse(rating, {}, RECEIVED)
    assert heard == Ignored(why="PostHog says “a mere rating”: no report, and no end of one.")


def test_a_click_is_no_report() -> None:
    told = {"event": {"event": "$autocapture", "properties": {}}}
    [heard] = SOURCES["posthog"].parse(told, {}, RECEIVED)
    assert heard == Ignored(why="PostHog says “$autocapture”: no report, and no end of one.")


def test_a_reddit_comment() -> None:
    draft = one("reddit", payload("reddit_comment"))
    assert draft.title == "Since 2.4 the total & tax are wrong."
    assert draft.key == draft.event == "t1_abc"
    assert draft.url == "https://www.reddit.com/r/shop/comments/x/_/abc/"
    assert draft.audience is Audience.PUBLIC


def test_an_answer_that_is_an_error_is_refused() -> None:
    with pytest.raises(BadPayload, match="Too Many Requests"):
        SOURCES["reddit"].parse({"message": "Too Many Requests", "error": 429}, {}, RECEIVED)


def test_feedback_by_hand() -> None:
    draft = one("feedback", payload("feedback"))
    assert draft.title == "The total is wrong when I remove an item."
    assert draft.occurred_at == HALF_PAST_EIGHT
    later = {**payload("feedback"), "occurred_at": "2026-11-17T09:30:00Z"}
    assert one("feedback", later).key == draft.key
    assert one("feedback", later).event != draft.event
    assert (
        one("feedback", {**later, "id": "a"}).event
        == one("feedback", {"text": "b", "id": "a"}).event
    )


@pytest.mark.parametrize(
    "told", [{}, {"text": ""}, {"title": "Total"}, {"text": "***"}, [], None, "text"]
)
def test_feedback_without_words_is_refused(told: object) -> None:
    with pytest.raises(BadPayload):
        SOURCES["feedback"].parse(told, {}, RECEIVED)


def test_an_edited_issue_is_the_same_occurrence() -> None:
    edited = payload("github_issue_edited")
    [draft] = github_issue.reports(edited, RECEIVED)
    opened = github_issue.reports({**edited, "action": "opened"}, RECEIVED)
    assert [draft] == opened
    assert [draft] == github_issue.reports(edited["issue"], RECEIVED), "the API lists the same"
    assert draft.key == github_issue.key(33)
    assert draft.author == "ana"
    assert draft.tags == {"labels": "bug"}


@pytest.mark.parametrize("action", ["labeled", "closed", "deleted", "transferred", "pinned"])
def test_other_news_of_an_issue_is_no_report(action: str) -> None:
    told = {**payload("github_issue_edited"), "action": action}
    assert github_issue.reports(told, RECEIVED) == []
    [heard] = SOURCES["github"].parse(told, {}, RECEIVED)
    assert isinstance(heard, Ignored)


def test_a_pull_request_is_no_report() -> None:
    issue = {**payload("github_issue_edited")["issue"], "pull_request": {"url": "x"}}
    assert github_issue.reports(issue, RECEIVED) == []


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-16T08:30:00Z",
        "2026-11-16T08:30:00.000000+00:00",
        "2026-11-16 09:30:00+0100",
        "2026-11-16T08:30:00",
        "Mon, 16 Nov 2026 08:30:00 GMT",
        "Mon Nov 16 2026 08:30:00 UTC",
        1_794_817_800,
        1_794_817_800.0,
        1_794_817_800_000,
        "1794817800",
        "1794817800000",
        "1794817800000000",
        "1794817800000000000",
    ],
)
def test_a_time_in_any_shape(said: object) -> None:
    assert moment(said) == HALF_PAST_EIGHT


@pytest.mark.parametrize("said", [None, "", "soon", True, [], 5, "0001-01-01", "99999999999999999"])
def test_what_is_no_time(said: object) -> None:
    assert moment(said) is None


def test_nothing_has_occurred_before_it_was_received() -> None:
    assert occurred(RECEIVED, "2199-01-01") == RECEIVED
    assert occurred(RECEIVED, None, "soon") == RECEIVED
    assert occurred(RECEIVED, None, "2026-11-16T08:30Z") == HALF_PAST_EIGHT


def test_tags_in_any_shape() -> None:
    wanted = {"a": "1", "b": "2:3"}
    assert tags({"a": 1, "b": "2:3"}) == wanted
    assert tags([["a", "1"], ["b", "2:3"], ["USER", "x"]], hidden=("user",)) == wanted
    assert tags([{"key": "a", "value": 1}, "b:2:3"]) == wanted
    assert tags("a:1, b:2:3") == wanted
    assert tags(7) == {}


def test_the_opening_of_a_text_is_a_title() -> None:
    assert opening("\n## Total\nis wrong") == "Total"
    assert opening("x" * 200).endswith("…")
    assert len(opening("x" * 200)) == 100


def test_how_people_have_sorted_an_issue_in_is_kept() -> None:
    issue = {
        **payload("github_issue_edited")["issue"],
        "labels": [{"name": "bug"}, {"name": "critical"}],
        "assignees": [{"login": "ana"}],
        "type": {"name": "Bug"},
        "milestone": {"title": "2.0"},
        "parent_issue_url": "https://api.github.com/repos/acme/shop/issues/12",
    }
    [draft] = github_issue.reports(issue, RECEIVED)
    assert draft.tags == {
        "labels": "bug, critical",
        "assignees": "ana",
        "type": "Bug",
        "milestone": "2.0",
        "parent": "12",
    }
