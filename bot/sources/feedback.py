"""Feedback typed or sent by hand: ``{"text", "title"?, "author"?, "url"?, "occurred_at"?, "id"?}``.

The same text of the same author is the same item; an ``id`` makes a repeated request harmless.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from bot.domain.audience import Audience
from bot.domain.errors import BadPayload
from bot.domain.models import Draft
from bot.sources import proof
from bot.sources.reading import (
    expect_mapping,
    first_text,
    joined,
    moment,
    occurred,
    one_line,
    opening,
    short_hash,
    web_url,
)

NAME = "feedback"
LABEL = "Feedback"
KIND: Literal["tracker", "alert", "feedback"] = "feedback"
AUDIENCE = Audience.TEAM
SECRET_IN_URL = True


prove = proof.by_token  # the secret as a bearer token or in X-Soulcaster-Token


def parse(payload: object, headers: Mapping[str, str], received_at: datetime) -> list[Draft]:
    """One report."""
    told = expect_mapping(payload, LABEL)
    said = first_text(told, "text")
    title = one_line(first_text(told, "title")) or opening(said)
    if not said or not title:
        raise BadPayload('Feedback needs a "text".')
    author = first_text(told, "author", limit=100)
    given = first_text(told, "id", limit=200)
    when = moment(told.get("occurred_at")) or received_at
    return [
        Draft(
            source=NAME,
            key=short_hash(said, author),
            event=joined("id", given) if given else short_hash(said, author, when.isoformat()),
            title=title,
            body=said,
            url=web_url(told.get("url")),
            author=author,
            occurred_at=occurred(received_at, told.get("occurred_at")),
            audience=AUDIENCE,
        )
    ]
