"""Sentry: issues, issue alerts, errors and metric alerts of an internal integration, and the legacy
plugin. https://docs.sentry.io/organization/integrations/integration-platform/webhooks/ · An item is
a Sentry issue, an occurrence is an event of it. The legacy plugin signs nothing: it needs the
secret as a token."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from bot.domain.audience import Audience
from bot.domain.errors import BadPayload
from bot.domain.models import Draft, Frame
from bot.sources import proof
from bot.sources.heard import Heard, Ignored, Recovery
from bot.sources.reading import (
    at,
    expect_mapping,
    first_text,
    frames,
    joined,
    level,
    listed,
    mapping,
    occurred,
    one_line,
    short_hash,
    tags,
    text,
    web_url,
    whole_number,
)
from bot.sources.table import Table

NAME = "sentry"
LABEL = "Sentry"
KIND: Literal["tracker", "alert", "feedback"] = "alert"
AUDIENCE = Audience.TEAM
SECRET_IN_URL = False

_PERSONAL = (
    *("user", "sentry:user", "user.id", "user.email", "user.username", "user.ip"),
    *("ip", "email"),
)
_QUIET = ("installation", "comment", "seer", "preprod_artifact")


prove = proof.signed_by("sentry-hook-signature")  # with the client secret


def parse(payload: object, headers: Mapping[str, str], received_at: datetime) -> list[Heard]:
    """One report, the recovery of one, or why it is neither (assigned, archived, …)."""
    told = expect_mapping(payload, LABEL)
    action = first_text(told, "action", limit=40)
    resource = proof.header(headers, "sentry-hook-resource")
    if resource in _QUIET or "comment" in mapping(told.get("data")):
        return [Ignored(why=f"Sentry tells of {resource or 'comment'}s: no report.")]
    event = at(told, "data.event") or at(told, "data.error")
    if isinstance(event, dict):
        return [_event(event, {}, received_at)]
    if isinstance(issue := at(told, "data.issue"), dict):
        told_at = occurred(received_at, proof.header(headers, "sentry-hook-timestamp"))
        return [_issue(issue, action, received_at, told_at)]
    if isinstance(alert := at(told, "data.metric_alert"), dict):
        request = proof.header(headers, "request-id")
        incident = {**told, "alert": alert, "request": request}
        return _METRIC.parse(incident, headers, received_at)
    if isinstance(told.get("event"), dict) and ("project" in told or "culprit" in told):
        return [_event(told["event"], told, received_at)]
    if "installation" in told and "data" in told:
        return [Ignored(why=f"Sentry says “{action}” of something that is no problem.")]
    raise BadPayload("Sentry's payload has no event, issue or metric alert.")


def _event(event: Mapping[str, Any], plugin: Mapping[str, Any], received_at: datetime) -> Draft:
    """``plugin`` is what the legacy plugin wraps around its event."""
    title = _title(event) if _title(event) != _UNTITLED else _title({**event, **plugin})
    when = occurred(
        received_at, event.get("datetime"), event.get("timestamp"), event.get("received")
    )
    url = web_url(event.get("web_url"), plugin.get("url"), event.get("url"))
    addresses = " ".join((first_text(event, "issue_url"), url))
    in_address = re.search(r"/issues/(\d+)", addresses)
    issue = (
        first_text(event, "issue_id", "group_id", limit=100)
        or (in_address[1] if in_address else "")
        or first_text(plugin, "id", limit=100)
        or short_hash(title, first_text(event, "culprit"))
    )
    identity = first_text(event, "event_id", "id", limit=100)
    labels = tags(event.get("tags"), hidden=_PERSONAL)
    return Draft(
        source=NAME,
        key=issue,
        event=identity or joined(issue, when.isoformat()),
        told_at=when.isoformat(),
        title=title,
        body=_body(event, plugin),
        url=url,
        occurred_at=when,
        level=level(event.get("level") or plugin.get("level") or labels.get("level")),
        environment=first_text(event, "environment", limit=100) or labels.get("environment", ""),
        release=first_text(event, "release", limit=200) or labels.get("release", ""),
        frames=_frames(event),
        fingerprint=_fingerprint(event),
        audience=AUDIENCE,
        tags=labels,
    )


def _issue(
    issue: Mapping[str, Any], action: str, received_at: datetime, told_at: datetime
) -> Heard:
    title = _title(issue)
    number = first_text(issue, "id", "shortId", limit=100)
    when = occurred(received_at, issue.get("lastSeen"), issue.get("firstSeen"))
    key = number or short_hash(title, first_text(issue, "culprit"))
    if action == "resolved":
        return Recovery(source=NAME, key=key, at=told_at)
    if action not in ("created", "unresolved"):
        return Ignored(why=f"Sentry says “{one_line(action)}”: nothing new about the problem.")
    project = first_text(issue, "project.slug", limit=100)
    return Draft(
        source=NAME,
        key=key,
        event=joined(key, action, when.isoformat() if action != "created" else ""),
        told_at=when.isoformat(),
        announces=True,
        title=title,
        body=_body(issue, {}),
        url=web_url(issue.get("permalink"), issue.get("web_url")),
        occurred_at=when,
        level=level(issue.get("level")),
        people=whole_number(issue.get("userCount")),
        audience=AUDIENCE,
        tags={"project": project} if project else {},
    )


# An incident of an alert rule: the rule is the item.
_METRIC = Table(
    NAME=NAME,
    state="action",
    open=("critical", "warning", "open"),
    over=("resolved",),
    title="[alert.title || alert.alert_rule.name || data.description_title || 'Metric alert']",
    key="alert.alert_rule.id && ['metric', alert.alert_rule.id]",
    event="['metric', alert.id || alert.identifier || request, action, alert.date_started]",
    body="data.description_text",
    url="data.web_url",
    when="[alert.date_started, alert.date_detected]",
    ended="alert.date_closed",
    level="action == 'critical' && action || 'warning'",
)


_UNTITLED = "An error without a title"


def _title(told: Mapping[str, Any]) -> str:
    kind = first_text(told, "metadata.type", "exception.values.-1.type", limit=200)
    value = first_text(told, "metadata.value", "exception.values.-1.value", limit=1_000)
    made = ": ".join(filter(None, (kind, value)))
    said = first_text(told, "title", "metadata.title", "message", "logentry.formatted")
    culprit = first_text(told, "culprit", "location")
    return one_line(said or made or culprit) or _UNTITLED


def _body(told: Mapping[str, Any], plugin: Mapping[str, Any]) -> str:
    value = first_text(told, "exception.values.-1.value", "metadata.value")
    message = first_text(told, "message", "logentry.formatted") or first_text(plugin, "message")
    culprit = first_text(told, "culprit") or first_text(plugin, "culprit")
    parts = [value, message, f"in {culprit}" if culprit else ""]
    return "\n".join(dict.fromkeys(filter(None, parts)))[:60_000]


def _frames(event: Mapping[str, Any]) -> tuple[Frame, ...]:
    """The frames of the exception that was raised last; the innermost is the last."""
    raised = listed(at(event, "exception.values"))[-1:] or [
        {"stacktrace": event.get("stacktrace") or event.get("sentry.interfaces.Stacktrace")}
    ]
    return frames(
        at(raised[0], "stacktrace.frames"),
        paths=("filename", "abs_path", "module"),
        functions=("function",),
        line="lineno",
        code="context_line",
    )


def _fingerprint(event: Mapping[str, Any]) -> str:
    """Sentry's own grouping hash, or the fingerprint a team has set."""
    own = [text(part, 100) for part in listed(event.get("fingerprint")) if part != "{{ default }}"]
    return joined(*own) if any(own) else first_text(event, "hashes.0", limit=100)
