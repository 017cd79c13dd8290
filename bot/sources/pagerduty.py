"""PagerDuty: incidents, by its webhooks v3, and by v2 and v1 where an account still has them.
https://developer.pagerduty.com/docs/webhooks-overview · An item is what a service calls by one
title, an incident of it an occurrence. v3 signs with a secret that PagerDuty makes; the others sign
nothing."""

from bot.sources import proof
from bot.sources.table import Table

_INCIDENT = "(data.incident || incident || data)"
_TITLE = (
    "(title || description || trigger_summary_data.subject || trigger_summary_data.description)"
)

SOURCE = Table(
    NAME="pagerduty",
    prove=proof.signed_by("x-pagerduty-signature", prefix="v1="),
    each="messages || [event]",
    state="event_type || event || type",
    open=("incident.triggered", "incident.trigger", "incident.reopened"),
    over=("incident.resolved", "incident.resolve"),
    key=f"{_INCIDENT} | [service.id, {_TITLE}]",
    event=f"{_INCIDENT}.id",
    title=f"{_INCIDENT} | {_TITLE}",
    body=f"{_INCIDENT}.body.details",
    url=f"{_INCIDENT}.html_url",
    when=f"[occurred_at, created_on, log_entries[0].created_at, {_INCIDENT}.created_at]",
    level=f"{_INCIDENT}.urgency",
    tags=f"{_INCIDENT}.{{service: service.summary || service.name, priority: priority.summary}}",
)
