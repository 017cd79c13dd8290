"""Opsgenie: alerts, by its webhook integration.
https://support.atlassian.com/opsgenie/docs/integrate-opsgenie-with-webhook/ · Nothing is signed;
the integration sends the headers one gives it. An item is an alias, or a message where an alert has
no alias of its own; an alert of it is an occurrence."""

from bot.sources.table import Table

SOURCE = Table(
    NAME="opsgenie",
    state="action",
    open=("create",),
    over=("close", "delete"),
    key="(alert.alias != alert.alertId && alert.alias) || alert.message",
    event="alert.alertId",
    title="alert.message",
    body="alert.description || alert.note",
    url="alert.details.url",
    when="alert.createdAt",
    ended="alert.updatedAt",
    level="alert.priority",
    environment="alert.details.environment",
    tags="alert.tags",
)
