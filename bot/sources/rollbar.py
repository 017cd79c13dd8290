"""Rollbar: items, by its webhook notifications. https://docs.rollbar.com/docs/webhooks · Nothing is
signed and no header can be set, so the secret comes in the URL. When an item is reopened by hand,
its last occurrence is counted already."""

from bot.sources.table import Table

_LAST = "(data.occurrence || data.item.last_occurrence)"
_TRACE = f"({_LAST}.body.trace || {_LAST}.body.trace_chain[0])"

SOURCE = Table(
    NAME="rollbar",
    SECRET_IN_URL=True,
    state="event_name",
    open=(
        *("new_item", "occurrence", "exp_repeat_item", "item_velocity"),
        *("reactivated_item", "reopened_item"),
    ),
    over=("resolved_item",),
    key="data.item.id",
    event="data.occurrence.id || data.item.last_occurrence_id",
    title="data.item.title",
    body=f"{_LAST}.body.message.body || {_TRACE}.exception.message",
    url="data.item.[public_url, url]",
    when=(
        "event_name == 'reopened_item' && data.item.last_activated_timestamp"
        f" || {_LAST}.timestamp || data.item.last_occurrence_timestamp"
    ),
    ended="data.item.last_resolved_timestamp",
    level="data.item.level",
    environment="data.item.environment",
    release=f"{_LAST}.code_version",
    people="data.item.unique_occurrences",
    fingerprint="data.item.hash",
    frames=f"{_TRACE}.frames[].{{path: filename, function: method, line: lineno, code: code}}",
    tags=f"{{framework: {_LAST}.framework, language: {_LAST}.language}}",
)
