"""Reddit posts and comments, as a listing (``/r/x/new.json``) or one thing of it.

https://www.reddit.com/dev/api · A post is one occurrence; what was removed is no report.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import unescape
from typing import Any, Literal

from bot.domain.audience import Audience
from bot.domain.errors import BadPayload
from bot.domain.models import Draft
from bot.sources import proof
from bot.sources.reading import (
    at,
    expect_mapping,
    first_text,
    listed,
    mapping,
    occurred,
    one_line,
    opening,
    web_url,
)

NAME = "reddit"
LABEL = "Reddit"
KIND: Literal["tracker", "alert", "feedback"] = "feedback"
AUDIENCE = Audience.PUBLIC
SECRET_IN_URL = False

_GONE = ("[deleted]", "[removed]")
_POST, _COMMENT = "t3", "t1"


prove = proof.by_token  # whoever polls Reddit for us sends the secret along


def parse(payload: object, headers: Mapping[str, str], received_at: datetime) -> list[Draft]:
    """One report a post or comment."""
    told = expect_mapping(payload, LABEL)
    told = mapping(told.get("body")) or told
    if "kind" not in told:
        said = first_text(told, "message", "reason", limit=80) or "something else"
        raise BadPayload(f"Reddit sends a listing, got: {said}.")
    if told["kind"] == "Listing":
        things = listed(at(told, "data.children"))
    elif told["kind"] in (_POST, _COMMENT):
        things = [told]
    else:
        raise BadPayload("Reddit sends a listing, a post or a comment.")
    return [draft for thing in things if (draft := _draft(thing, received_at))]


def _draft(thing: object, received_at: datetime) -> Draft | None:
    kind, data = at(thing, "kind"), mapping(at(thing, "data"))
    said = _unescaped(data, "selftext" if kind == _POST else "body")
    title = one_line(_unescaped(data, "title")) if kind == _POST else opening(said)
    name = first_text(data, "name", limit=40) or _name(kind, data)
    gone = title in _GONE or said in _GONE or data.get("removed_by_category")
    if kind not in (_POST, _COMMENT) or not name or not title or gone:
        return None
    permalink = first_text(data, "permalink", limit=1_000)
    told = {
        "subreddit": first_text(data, "subreddit", limit=60),
        "flair": first_text(data, "link_flair_text", limit=60),
        "score": first_text(data, "score", limit=20),
    }
    return Draft(
        source=NAME,
        key=name,
        event=name,
        title=title,
        body=said,
        url=web_url(f"https://www.reddit.com{permalink}" if permalink[:1] == "/" else permalink),
        author=first_text(data, "author", limit=100),
        occurred_at=occurred(received_at, data.get("created_utc"), data.get("created")),
        audience=AUDIENCE,
        tags={name: value for name, value in told.items() if value},
    )


def _name(kind: object, data: Mapping[str, Any]) -> str:
    number = first_text(data, "id", limit=40)
    return f"{kind}_{number}" if number else ""


def _unescaped(data: Mapping[str, Any], name: str) -> str:
    """Without ``raw_json=1`` Reddit escapes ``&``, ``<`` and ``>``."""
    return unescape(first_text(data, name))
