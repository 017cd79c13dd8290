"""Zendesk: tickets, by event webhooks.
https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events · Zendesk makes the
secret and signs ``timestamp + body``. A ticket is one occurrence, however often it changes."""

from bot.sources import proof
from bot.sources.table import Table

_TICKET = "(detail.ticket || detail)"

SOURCE = Table(
    NAME="zendesk",
    KIND="feedback",
    prove=proof.signed_by(
        "x-zendesk-webhook-signature", before="x-zendesk-webhook-signature-timestamp", base64=True
    ),
    state="type",
    open=("zen:event-type:ticket.created",),
    key=f"['ticket', to_string({_TICKET}.id)]",
    event=f"['ticket', to_string({_TICKET}.id)]",
    title=f"{_TICKET} | (subject || description)",
    body=f"{_TICKET}.description",
    when=f"[{_TICKET}.created_at, time]",
    author=f"to_string({_TICKET}.requester_id || '')",
    tags=f"{{channel: {_TICKET}.via.channel, priority: {_TICKET}.priority}}",
)
