"""Grafana: alerts of its contact point "webhook", unified alerting and the legacy one before v11.

https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
An item is an alert instance, an occurrence each time it begins to fire."""

from bot.sources import proof
from bot.sources.table import Table

SOURCE = Table(
    NAME="grafana",
    prove=proof.signed_by("x-grafana-alerting-signature"),
    each="alerts || [@]",
    state="status || state",
    open=("firing", "alerting", "no_data"),
    over=("resolved", "ok"),
    key="fingerprint || [to_string(orgId || `1`), to_string(ruleId), ruleName]",
    event="startsAt && [fingerprint, startsAt]",
    title="labels.alertname && [labels.alertname, annotations.summary] || [ruleName || title]",
    body="annotations.description || annotations.message || message || valueString",
    url="[generatorURL, ruleUrl]",
    when="startsAt",
    ended="endsAt",
    level="labels.severity || tags.severity",
    environment="labels.environment || labels.env || tags.environment",
    tags="labels || tags",
)
