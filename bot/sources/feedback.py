"""Feedback typed or sent by hand: ``{"text", "title"?, "author"?, "url"?, "occurred_at"?, "id"?}``.
The same text of the same author is the same item; an ``id`` makes a repeated request harmless. The
secret comes as a bearer token or in X-Soulcaster-Token."""

from collections.abc import Mapping
from typing import Any

from bot.domain.errors import BadPayload
from bot.sources.reading import first_text, one_line, opening, short_hash
from bot.sources.table import Table


def _even(told: Mapping[str, Any]) -> dict[str, Any]:
    said = first_text(told, "text")
    title = one_line(first_text(told, "title")) or opening(said)
    if not said or not title:
        raise BadPayload('Feedback needs a "text".')
    key = short_hash(said, first_text(told, "author", limit=100))
    return {**told, "title": title, "key": key}


SOURCE = Table(
    NAME="feedback",
    KIND="feedback",
    SECRET_IN_URL=True,
    prepare=_even,
    title="title",
    key="key",
    event="id && ['id', id]",
    body="text",
    url="url",
    author="author",
    when="occurred_at",
)
