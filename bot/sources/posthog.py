"""PostHog: alerts of its error tracking, exceptions and survey answers, by its HTTP destination.

https://posthog.com/docs/cdp/destinations/webhook · The body is a template; by default
``{"event": …, "person": …}``. Other events, such as clicks, are no reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from bot.domain.audience import Audience
from bot.domain.errors import BadPayload
from bot.domain.models import Draft, Frame
from bot.sources import proof
from bot.sources.reading import (
    at,
    expect_mapping,
    first_text,
    frames,
    joined,
    level,
    mapping,
    occurred,
    one_line,
    opening,
    short_hash,
    web_url,
)

NAME = "posthog"
LABEL = "PostHog"
KIND: Literal["tracker", "alert", "feedback"] = "alert"
AUDIENCE = Audience.TEAM
SECRET_IN_URL = False

_ISSUE = "$error_tracking_issue_"
_NEWS = ("created", "reopened", "spiking")


prove = proof.by_token  # PostHog signs nothing, but sends the headers one gives it


def parse(payload: object, headers: Mapping[str, str], received_at: datetime) -> list[Draft]:
    """One report, none for an event that tells of no problem."""
    told = expect_mapping(payload, LABEL)
    event = mapping(told.get("event")) or (told if isinstance(told.get("event"), str) else {})
    name = first_text(event, "event", limit=100)
    if not name:
        raise BadPayload("PostHog's payload has no event with a name.")
    properties = mapping(event.get("properties"))
    if name.startswith(_ISSUE):
        found = _issue(event, properties) if name.removeprefix(_ISSUE) in _NEWS else None
    elif name == "$exception":
        found = _exception(properties)
    elif name == "survey sent":
        found = _answer(properties)
    else:
        found = None
    if not found or not found["title"]:
        return []
    when = occurred(received_at, properties.get("exception_timestamp"), event.get("timestamp"))
    identity = first_text(event, "uuid", limit=100)
    return [
        Draft(
            source=NAME,
            event=identity or joined(name, found["key"], when.isoformat()),
            url=web_url(event.get("url"), at(told, "project.url"), properties.get("$current_url")),
            occurred_at=when,
            audience=AUDIENCE,
            environment=first_text(properties, "$environment", "environment", limit=100),
            release=first_text(properties, "$release", "$app_version", limit=100),
            **found,
        )
    ]


def _issue(event: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """Its ``distinct_id`` is the id of the issue."""
    fingerprint = first_text(properties, "fingerprint", limit=200)
    title = _titled(properties.get("name"), properties.get("description"))
    issue = first_text(event, "distinct_id", limit=200) or fingerprint or short_hash(title)
    return {
        "key": joined("issue", issue),
        "title": title,
        "body": first_text(properties, "description"),
        "fingerprint": fingerprint,
        "frames": _frames(properties.get("exception_props")),
    }


def _exception(properties: Mapping[str, Any]) -> dict[str, Any]:
    kind = at(properties, "$exception_list.0.type") or properties.get("$exception_type")
    value = at(properties, "$exception_list.0.value") or properties.get("$exception_message")
    title = _titled(kind, value)
    fingerprint = first_text(properties, "$exception_fingerprint", limit=200)
    issue = first_text(properties, "$exception_issue_id", limit=200) or fingerprint
    return {
        "key": joined("issue", issue or short_hash(title)),
        "title": title,
        "body": first_text({"value": value}, "value"),
        "fingerprint": fingerprint,
        "level": level(properties.get("$exception_level")),
        "frames": _frames(properties),
    }


def _answer(properties: Mapping[str, Any]) -> dict[str, Any] | None:
    """What somebody wrote into a survey; a mere rating is no report."""
    said = first_text(properties, "$survey_response")
    survey = first_text(properties, "$survey_id", limit=100)
    if not any(letter.isalpha() for letter in said):
        return None
    return {
        "key": joined("survey", survey, short_hash(said)),
        "title": opening(said),
        "body": said,
        "tags": {"survey": first_text(properties, "$survey_name", "$survey_id", limit=200)},
    }


def _titled(kind: object, value: object) -> str:
    told = {"kind": kind, "value": value}
    parts = (first_text(told, "kind", limit=200), first_text(told, "value", limit=1_000))
    return one_line(": ".join(filter(None, parts)))


def _frames(properties: object) -> tuple[Frame, ...]:
    """PostHog lists the outermost frame first, as we do."""
    return frames(
        at(properties, "$exception_list.0.stacktrace.frames"),
        paths=("source", "filename"),
        functions=("resolved_name", "mangled_name", "function"),
        line="line",
    )
