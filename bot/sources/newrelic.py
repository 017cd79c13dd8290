"""New Relic: issues of alert workflows, and incidents of the notification channels before them.
https://docs.newrelic.com/docs/alerts/get-notified/notification-integrations/#webhook · Nothing is
signed; a destination sends the token or the headers one gives it. The body is the user's own
template. An item is a condition of a policy, an issue or incident an occurrence."""

from bot.sources.table import Table

_CONDITION = "(condition_name || alertConditionNames || title)"

SOURCE = Table(
    NAME="newrelic",
    state="current_state || state",
    open=("open", "created", "activated"),
    over=("closed",),
    key=f"policy_name && [policy_name, condition_name] || [alertPolicyNames, {_CONDITION}][]",
    event="incident_id || issueId || id",
    title=_CONDITION,
    body="[title, details, impactedEntities[0]]",
    url="[issueUrl, incident_url]",
    when="[timestamp, activatedAt, createdAt]",
    ended="[closedAt, updatedAt, timestamp, createdAt]",
    level="priority || severity",
    tags="{policy: policy_name || alertPolicyNames[0], entity: impactedEntities[0]}",
)
