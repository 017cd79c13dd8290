"""Reddit posts and comments, as a listing (``/r/x/new.json``) or one thing of it.
https://www.reddit.com/dev/api · A post is one occurrence; what was removed is no report. Whoever
polls Reddit for us sends the secret along."""

from collections.abc import Mapping
from datetime import datetime
from html import unescape
from typing import Any

from bot.domain.audience import Audience
from bot.domain.errors import BadPayload
from bot.domain.models import Draft
from bot.domain.text.agreeing import says_same
from bot.sources.reading import at, first_text, listed, mapping, occurred, opening
from bot.sources.table import Table

_GONE = ("[deleted]", "[removed]")
_POST, _COMMENT = "t3", "t1"


def _even(told: Mapping[str, Any]) -> dict[str, Any]:
    told = mapping(told.get("body")) or told
    kind = told.get("kind")
    if kind not in ("Listing", _POST, _COMMENT):
        said = first_text(told, "message", "reason", limit=80) or "something else"
        raise BadPayload(f"Reddit sends a listing, a post or a comment, got: {said}.")
    things = listed(at(told, "data.children")) if kind == "Listing" else [told]
    return {"things": [_thing(at(each, "kind"), mapping(at(each, "data"))) for each in things]}


def echo(thing: object, received_at: datetime) -> Draft | None:
    """A comment that says "same here": one more occurrence of its post, one a person."""
    data = mapping(at(thing, "data"))
    post, author = first_text(data, "link_id", limit=40), first_text(data, "author", limit=100)
    said = unescape(first_text(data, "body"))
    if not post or author in ("AutoModerator", *_GONE) or not says_same(said):
        return None
    return Draft(
        source=SOURCE.NAME,
        key=post,
        event=f"same:{author}",
        title="",
        occurred_at=occurred(received_at, data.get("created_utc")),
        audience=SOURCE.AUDIENCE,
    )


def _thing(kind: object, data: Mapping[str, Any]) -> dict[str, Any]:
    """``name`` is empty for what is no report. Without ``raw_json=1`` Reddit escapes ``&<>``."""
    said = unescape(first_text(data, "selftext" if kind == _POST else "body"))
    title = unescape(first_text(data, "title")) if kind == _POST else opening(said)
    number = first_text(data, "id", limit=40)
    name = first_text(data, "name", limit=40) or (number and f"{kind}_{number}")
    gone = title in _GONE or said in _GONE or data.get("removed_by_category")
    link = first_text(data, "permalink", limit=1_000)
    return {
        **data,
        "title": title,
        "said": said,
        "name": name if kind in (_POST, _COMMENT) and title.strip() and not gone else "",
        "link": f"https://www.reddit.com{link}" if link[:1] == "/" else link,
    }


SOURCE = Table(
    NAME="reddit",
    KIND="feedback",
    AUDIENCE=Audience.PUBLIC,
    prepare=_even,
    each="things",
    only="name",
    title="title",
    key="name",
    event="name",
    body="said",
    url="link",
    author="author",
    when="[created_utc, created]",
    tags="{subreddit: subreddit, flair: link_flair_text, score: score}",
)
