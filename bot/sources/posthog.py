"""PostHog: alerts of its error tracking, exceptions and survey answers, by its HTTP destination.
https://posthog.com/docs/cdp/destinations/webhook · The body is a template: by default ``{"event":
…, "person": …}``, or flat: ``event event_id issue_id name description fingerprint timestamp``.
PostHog signs nothing, but sends the headers one gives it. Other events, such as clicks, are no
reports."""

from collections.abc import Mapping
from typing import Any

from bot.domain.errors import BadPayload
from bot.sources.reading import at, first_text, joined, mapping, opening, short_hash
from bot.sources.table import Table

_ISSUE = "$error_tracking_issue_"
_LIST = 'in."$exception_list"[0]'
_TRACE = f'({_LIST}.stacktrace || in.exception_props."$exception_list"[0].stacktrace).frames'


def _even(told: Mapping[str, Any]) -> dict[str, Any]:
    """``event``, its properties as ``in``, and what both are called here."""
    event = mapping(told.get("event")) or (told if isinstance(told.get("event"), str) else {})
    name = first_text(event, "event", limit=100)
    if not name:
        raise BadPayload("PostHog's payload has no event with a name.")
    inside = mapping(event.get("properties")) or event  # flat
    said = first_text(inside, "$survey_response")
    if name == "survey sent" and not any(letter.isalpha() for letter in said):
        name = "a mere rating"
    kind = first_text(inside, "$exception_list.0.type", "$exception_type", "name", limit=200)
    value = first_text(inside, *_VALUES, limit=1_000)
    title = opening(said) or ": ".join(filter(None, (kind, value)))
    if name.startswith(_ISSUE):  # its person is the issue
        issue = first_text(event, "issue_id", "distinct_id") or first_text(inside, "fingerprint")
    else:
        issue = first_text(inside, "$exception_issue_id", "$exception_fingerprint")
    survey = joined("survey", first_text(inside, "$survey_id", limit=100), short_hash(said))
    return {
        "event": event,
        "in": inside,
        "name": name,
        "project": at(told, "project.url"),
        "title": title,
        "body": said or value,
        "key": survey if said else joined("issue", issue or short_hash(title)),
    }


_VALUES = ("$exception_list.0.value", "$exception_message", "description")

SOURCE = Table(
    NAME="posthog",
    prepare=_even,
    state="name",
    open=(
        "$exception",
        "survey sent",
        *(f"{_ISSUE}{n}" for n in ("created", "reopened", "spiking")),
    ),
    title="title",
    key="key",
    event="event.uuid || event.event_id",
    body="body",
    url='[event.url, project, in."$current_url"]',
    when="[in.exception_timestamp, event.timestamp]",
    level='in."$exception_level"',
    environment='in."$environment" || in.environment',
    release='in."$release" || in."$app_version"',
    fingerprint='in.fingerprint || in."$exception_fingerprint"',
    # PostHog lists the outermost frame first, as we do.
    frames=f"{_TRACE}[].{{path: source || filename, line: line || lineno, in_app: in_app,"
    " function: resolved_name || mangled_name || function}",
    tags='{survey: in."$survey_name" || in."$survey_id"}',
)
