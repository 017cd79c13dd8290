"""Intercom: conversations that people begin, by its webhooks.
https://developers.intercom.com/docs/webhooks · Signed with the app's client secret, which Intercom
makes, as HMAC-SHA1. What is said later in a conversation is no report of its own."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from bot.sources import proof
from bot.sources.reading import at, first_text, mapping, opening
from bot.sources.table import Table


def _as_text(told: Mapping[str, Any]) -> dict[str, Any]:
    """``said`` and ``title``: what was written, which comes as HTML."""
    item = mapping(at(told, "data.item"))
    html = first_text(item, "conversation_message.body", "source.body")
    said = unescape(re.sub(r"<[^>]*>", "", re.sub(r"<(?:br|/p|/li)\b[^>]*>", "\n", html))).strip()
    subject = first_text(item, "conversation_message.subject", "source.subject")
    return {**told, "said": said, "title": re.sub(r"<[^>]*>", "", subject) or opening(said)}


SOURCE = Table(
    NAME="intercom",
    KIND="feedback",
    prove=proof.signed_by("x-hub-signature", prefix="sha1=", algorithm="sha1"),
    prepare=_as_text,
    state="topic",
    open=("conversation.user.created",),
    key="['conversation', data.item.id]",
    event="['conversation', data.item.id]",
    title="title",
    body="said",
    url="data.item.links.conversation_web",
    when="data.item.created_at",
    author="data.item.user.id || data.item.source.author.id",
    tags="{page: data.item.conversation_message.url || data.item.source.url}",
)
