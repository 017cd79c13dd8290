"""Datadog monitors, by its webhooks integration. https://docs.datadoghq.com/integrations/webhooks ·
The body is the user's own template of ``$VARIABLES``, as JSON or as a form; we read the default one
and the names in common use, every value a string. An item is a monitor and its group; each time it
triggers is an occurrence. Datadog signs nothing, but sends custom headers, or basic auth of the
URL."""

import re
from collections.abc import Mapping
from typing import Any

from bot.sources.reading import first_text, joined, one_line, tags
from bot.sources.table import Table

# "[P2] [Triggered on {host:web-1}] Low disk space"
_TITLE = re.compile(
    r"^(?:\[(?P<priority>P[1-5])\]\s*)?"
    r"(?:\[(?P<transition>(?:Re-)?(?:Triggered|Recovered|Warn|No Data|Renotify)[\w -]*?)"
    r"(?:\s+on\s+\{(?P<scope>[^}]*)\})?\]\s*)?(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_OVER = re.compile(r"recover|resolved|\bok\b|success", re.IGNORECASE)
_PRIORITIES = {"p1": "critical", "p4": "warning", "p5": "info"}
_ID = "(id || event_id || alert_cycle_key || metadata.ALERT_CYCLE_KEY)"


def _even(told: Mapping[str, Any]) -> dict[str, Any]:
    """What the title wraps, under one name each."""
    said = first_text(told, "title", "event_title", "alert_title", "metadata.ALERT_TITLE")
    found = _TITLE.match(said)
    parts = found.groupdict("") if found else {}
    title = one_line(parts.get("rest", "")) or one_line(said)
    transition = first_text(
        told, "alert_transition", "transition", "metadata.ALERT_TRANSITION", limit=40
    )
    transition = transition or parts.get("transition", "")
    kind = first_text(told, "alert_type", "metadata.ALERT_TYPE", limit=20)
    scope = first_text(told, "scopes", "scope", "alert_scope", "metadata.ALERT_SCOPE", "hostname")
    scope = scope or parts.get("scope", "")
    priority = first_text(told, "alert_priority", "priority", limit=10) or parts.get("priority")
    bad = _PRIORITIES.get((priority or "").lower(), kind)
    # ``%%%`` marks Markdown in Datadog.
    body = first_text(told, "metadata.TEXT_ONLY_MSG", "text_only_msg", "body", "alert_status")
    return {
        **told,
        "title": title,
        "body": body.replace("%%%", ""),
        "state": "over" if _OVER.search(transition or kind) else "",
        "transition": transition.lower(),
        "level": "warning" if re.search("warn|no data", transition, re.IGNORECASE) else bad,
        "labels": tags(scope) | tags(told.get("tags") or first_text(told, "metadata.TAGS")),
        "key": _key(told, title, scope),
    }


def _key(told: Mapping[str, Any], title: str, scope: str) -> str:
    aggregate = ("aggreg_key", "aggregation_key", "metadata.AGGREG_KEY")
    if name := first_text(told, *aggregate, limit=100):
        return joined("aggregate", name)
    if monitor := first_text(told, "monitor_id", "alert_id", "metadata.ALERT_ID", limit=100):
        return joined("monitor", monitor, scope)
    return joined("title", first_text(told, "org.id", limit=40), title, scope)


SOURCE = Table(
    NAME="datadog",
    prepare=_even,
    state="state",
    over=("over",),
    title="title",
    key="key",
    event=f"{_ID} && [{_ID}, transition, last_updated || date || timestamp]",
    body="body",
    url="[url, link, metadata.LINK]",
    when="[last_updated, date, timestamp]",
    level="level",
    environment="labels.env || labels.environment",
    release="labels.version",
    tags="labels",
)
