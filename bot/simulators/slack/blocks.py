"""Block Kit as Slack accepts it: blocks of messages, and the views made of blocks.

Source: https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from bot.simulators.slack.schema import Definition, Problem, Problems

MARKDOWN_CHARACTERS = 12_000
VIEW_BYTES = 250_000

_MESSAGE = Definition("message")
_VIEW = Definition("view")


def elements(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The elements of a block that a person can use."""
    single = (block.get("accessory"), block.get("element"))
    for element in (*single, *(block.get("elements") or ())):
        if isinstance(element, dict) and "type" in element:
            yield element


def blocks_problems(blocks: object, at: str = "/blocks") -> Problems:
    """What Slack would refuse about the blocks of a message; empty when it takes them."""
    problems = _MESSAGE.problems(blocks, at)
    if problems or not isinstance(blocks, list):
        return problems
    return [*_said_twice(blocks, at), *_too_much_markdown(blocks, at)]


def view_problems(view: object) -> Problems:
    """What Slack would refuse about a modal or a home tab; empty when it takes it."""
    problems = _VIEW.problems(view, "/view")
    if problems or not isinstance(view, dict):
        return problems
    return list(_said_twice(view["blocks"], "/view/blocks"))


def view_too_large(view: dict[str, Any]) -> bool:
    """Slack refuses views over 250 kB."""
    return len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_BYTES


def _said_twice(blocks: list[dict[str, Any]], at: str) -> Iterator[Problem]:
    """Ids of blocks within the whole, and of elements within a block, are unique."""
    yield from _repeated("block_id", blocks, at)
    for index, block in enumerate(blocks):
        yield from _repeated("action_id", elements(block), f"{at}/{index}")


def _repeated(
    name: str, ones: Iterator[dict[str, Any]] | list[dict[str, Any]], at: str
) -> Problems:
    ids = Counter(one[name] for one in ones if one.get(name))
    return [Problem(f'`{name}` "{one}" already exists', at) for one, n in ids.items() if n > 1]


def _too_much_markdown(blocks: list[dict[str, Any]], at: str) -> Iterator[Problem]:
    written = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if written > MARKDOWN_CHARACTERS:
        yield Problem(f"must be less than {MARKDOWN_CHARACTERS + 1} characters", at)
