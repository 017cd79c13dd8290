"""GitHub's webhook: prove the sender, check the shape, make a delivery of it. No I/O.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ValidationError

from bot.domain.errors import BadPayload
from bot.github.events import HEARD, NOTHING, effect_of
from bot.storage.inbox import Delivery
from workers import jobs

# GitHub's own cap: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
MAX_BODY = 25 * 1024 * 1024
EVENTS = frozenset(HEARD)
# What people say: it waits behind no backlog of machines.
_SAID = frozenset({"issue_comment", "pull_request_review", "pull_request_review_comment"})


class _Id(BaseModel):
    id: int


class _Envelope(BaseModel):
    """The little of a payload that we must be able to rely on."""

    action: str = ""
    installation: _Id | None = None
    repository: _Id | None = None


def read(headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery | None:
    """The delivery of a proven body, or None for what has no effect.

    Raises BadPayload.
    """
    event = headers.get("x-github-event", "")
    guid = headers.get("x-github-delivery", "")
    if not event or not guid:
        raise BadPayload("X-GitHub-Event and X-GitHub-Delivery are needed.")
    try:
        envelope = _Envelope.model_validate_json(body)
    except ValidationError as error:
        raise BadPayload(f"This is no webhook payload: {error.errors()[0]['msg']}.") from error
    if effect_of(event, envelope.action).startswith(NOTHING):
        return None
    meta = {"event": event, "guid": guid, "action": envelope.action}
    return Delivery(
        jobs.hear_github.name,
        meta,
        body,
        received_at,
        tenant=envelope.repository.id if envelope.repository else 0,
        lane="people" if event in _SAID else "work",
    )
