"""Slack's markup as it was typed."""

from __future__ import annotations

import html
import re


def typed(text: str) -> str:
    """Links and entities unwrapped, mentions left as Slack writes them.

    https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
    """
    text = re.sub(r"<(https?://[^|>]+)(?:\|[^>]*)?>", r"\1", text)
    return html.unescape(text)
