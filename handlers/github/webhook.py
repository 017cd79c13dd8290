"""GitHub's webhook: prove the sender, check the shape, make a delivery of it. No I/O.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from pydantic import BaseModel, ValidationError

from bot.domain.errors import BadPayload, BadSignature
from bot.storage.inbox import Delivery
from workers import jobs

# What a router in this folder listens to; everything else is answered and dropped.
EVENTS = frozenset(
    {
        "installation",
        "installation_repositories",
        "issue_comment",
        "issues",
        "pull_request",
        "pull_request_review",
        "repository",
    }
)


class _Id(BaseModel):
    id: int


class _Envelope(BaseModel):
    """The little of a payload that we must be able to rely on."""

    action: str = ""
    installation: _Id | None = None
    repository: _Id | None = None


def read(
    headers: Mapping[str, str], body: bytes, secret: str, received_at: float
) -> Delivery | None:
    """The delivery, or None for an event nobody listens to.

    Raises BadSignature (also when no secret is set: fail closed) and BadPayload.
    """
    verify(headers.get("x-hub-signature-256", ""), body, secret)
    event = headers.get("x-github-event", "")
    guid = headers.get("x-github-delivery", "")
    if not event or not guid:
        raise BadPayload("X-GitHub-Event and X-GitHub-Delivery are needed.")
    try:
        envelope = _Envelope.model_validate_json(body)
    except ValidationError as error:
        raise BadPayload(f"This is no webhook payload: {error.errors()[0]['msg']}.") from error
    if event not in EVENTS:
        return None
    meta = {"event": event, "guid": guid, "action": envelope.action}
    return Delivery(jobs.hear_github.name, meta, body, received_at)


def verify(signature: str, body: bytes, secret: str) -> None:
    """Raises BadSignature unless ``signature`` is ``sha256=`` + HMAC-SHA256 of the body."""
    if not secret:
        raise BadSignature("No webhook secret is set here, so nothing is let in.")
    expected = "sha256=" + hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    # As bytes: compare_digest refuses non-ASCII strings with a TypeError.
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode()):
        raise BadSignature("The signature does not match.")
