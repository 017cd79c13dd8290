"""What the Slack half of the page shows, from the simulator's state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from handlers.demo.markdown import Markdown

Json = dict[str, Any]


def slack_view(state: Json, markdown: Markdown) -> Json:
    """The state as it is, with the HTML of each ``markdown`` block beside its text."""
    for block in _blocks(state):
        if block.get("type") == "markdown":
            block["html"] = markdown.render(block["text"])
    return state


def _blocks(value: object) -> Iterator[Json]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("blocks", "child_blocks") and isinstance(inner, list):
                yield from (block for block in inner if isinstance(block, dict))
            yield from _blocks(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _blocks(inner)
