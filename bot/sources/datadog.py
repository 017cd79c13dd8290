"""Datadog monitors, by its webhooks integration.

https://docs.datadoghq.com/integrations/webhooks · The body is the user's own template of
``$VARIABLES``; we read the default one and the names in common use, every value a string. An item
is a monitor and its group; each time it triggers is an occurrence; a recovery is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from bot.domain.audience import Audience
from bot.domain.errors import BadPayload
from bot.domain.models import Draft
from bot.sources import proof
from bot.sources.reading import (
    Level,
    expect_mapping,
    first_text,
    joined,
    level,
    occurred,
    one_line,
    tags,
    web_url,
)

NAME = "datadog"
LABEL = "Datadog"
KIND: Literal["tracker", "alert", "feedback"] = "alert"
AUDIENCE = Audience.TEAM
SECRET_IN_URL = False

# "[P2] [Triggered on {host:web-1}] Low disk space"
_TITLE = re.compile(
    r"^(?:\[(?P<priority>P[1-5])\]\s*)?"
    r"(?:\[(?P<transition>(?:Re-)?(?:Triggered|Recovered|Warn|No Data|Renotify)[\w -]*?)"
    r"(?:\s+on\s+\{(?P<scope>[^}]*)\})?\]\s*)?(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_OVER = re.compile(r"recover|resolved|\bok\b|success", re.IGNORECASE)
_PRIORITIES: dict[str, Level] = {"p1": "critical", "p4": "warning", "p5": "info"}


prove = proof.by_token  # Datadog signs nothing, but sends the custom headers of the webhook


def parse(payload: object, headers: Mapping[str, str], received_at: datetime) -> list[Draft]:
    """One report when a monitor triggers, warns, renotifies or has no data."""
    told = expect_mapping(payload, LABEL)
    said = first_text(told, "title", "event_title", "alert_title", "metadata.ALERT_TITLE")
    found = _TITLE.match(said)
    title = one_line(found["rest"] if found else said) or one_line(said)
    if not title:
        raise BadPayload("Datadog's payload has no title: keep $EVENT_TITLE in its template.")
    parts = found.groupdict() if found else {}
    transition = first_text(
        told, "alert_transition", "transition", "metadata.ALERT_TRANSITION", limit=40
    )
    transition = transition or parts.get("transition") or ""
    if _OVER.search(transition or first_text(told, "alert_type", "metadata.ALERT_TYPE")):
        return []
    scope = first_text(told, "scopes", "scope", "alert_scope", "metadata.ALERT_SCOPE", "hostname")
    scope = scope or parts.get("scope") or ""
    when = occurred(received_at, told.get("last_updated"), told.get("date"), told.get("timestamp"))
    labels = tags(scope) | tags(told.get("tags") or first_text(told, "metadata.TAGS"))
    key = _key(told, title, scope)
    identity = first_text(told, "id", "event_id", "alert_cycle_key", "metadata.ALERT_CYCLE_KEY")
    return [
        Draft(
            source=NAME,
            key=key,
            event=joined(identity or key, transition.lower(), when.isoformat()),
            title=title,
            body=_body(told),
            url=web_url(told.get("url"), told.get("link"), first_text(told, "metadata.LINK")),
            occurred_at=when,
            level=_level(told, transition, parts.get("priority") or ""),
            environment=(labels.get("env") or labels.get("environment") or "").strip(),
            release=labels.get("version", ""),
            audience=AUDIENCE,
            tags=labels,
        )
    ]


def _key(told: Mapping[str, Any], title: str, scope: str) -> str:
    if aggregate := first_text(
        told, "aggreg_key", "aggregation_key", "metadata.AGGREG_KEY", limit=100
    ):
        return joined("aggregate", aggregate)
    if monitor := first_text(told, "monitor_id", "alert_id", "metadata.ALERT_ID", limit=100):
        return joined("monitor", monitor, scope)
    return joined("title", first_text(told, "org.id", limit=40), title, scope)


def _body(told: Mapping[str, Any]) -> str:
    """``%%%`` marks Markdown in Datadog."""
    said = first_text(told, "metadata.TEXT_ONLY_MSG", "text_only_msg", "body", "alert_status")
    return said.replace("%%%", "").strip()


def _level(told: Mapping[str, Any], transition: str, priority: str) -> Level:
    if re.search(r"warn|no data", transition, re.IGNORECASE):
        return "warning"
    priority = first_text(told, "alert_priority", "priority", limit=10) or priority
    if by_priority := _PRIORITIES.get(priority.lower()):
        return by_priority
    return level(first_text(told, "alert_type", "metadata.ALERT_TYPE", limit=20))
