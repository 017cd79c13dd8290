"""Block Kit as Slack accepts it: shapes and limits of blocks, and of the views made of them.

Source: https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from bot.simulators.slack.elements import (
    ACCESSORIES,
    ACTIONS,
    BLOCK_ID,
    BUTTON,
    CONTEXT_ACTIONS,
    IMAGE_FIELDS,
    IMAGE_SOURCES,
    INPUTS,
    TYPE,
    URL,
    image_element,
    mrkdwn_text,
    plain_text,
    text_object,
)
from bot.simulators.slack.rich_text import raw_number, raw_text, rich_text
from bot.simulators.slack.schema import (
    Check,
    Problem,
    Problems,
    array,
    boolean,
    integer,
    late,
    number,
    one_of,
    shape,
    string,
    typed,
)

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MARKDOWN_CHARACTERS = 12_000
VIEW_BYTES = 250_000

_BLOCK = {"type": TYPE}
_TABLE_CELL = typed({"raw_text": raw_text, "raw_number": raw_number, "rich_text": rich_text})

_TASK_CARD = shape(
    {
        **_BLOCK,
        "task_id": string(255),
        "title": string(255),
        "status": one_of("pending", "in_progress", "complete", "error"),
    },
    {
        "block_id": BLOCK_ID,
        "details": rich_text,
        "output": rich_text,
        "sources": array(shape({"type": TYPE, "url": URL, "text": string(255)}), 20, at_least=0),
    },
)
_CARD = shape(
    _BLOCK,
    {
        "block_id": BLOCK_ID,
        "title": mrkdwn_text(150),
        "subtitle": mrkdwn_text(150),
        "body": mrkdwn_text(200),
        "icon": image_element,
        "hero_image": image_element,
        "actions": array(BUTTON, 5),
    },
)

BLOCKS: dict[str, Check] = {
    "section": shape(
        _BLOCK,
        {
            "block_id": BLOCK_ID,
            "text": text_object(3000),
            "fields": array(text_object(2000), 10),
            "accessory": typed(ACCESSORIES),
            "expand": boolean,
        },
        any_of=("text", "fields"),
    ),
    "header": shape({**_BLOCK, "text": plain_text(150)}, {"block_id": BLOCK_ID}),
    "divider": shape(_BLOCK, {"block_id": BLOCK_ID}),
    "context": shape(
        {
            **_BLOCK,
            "elements": array(
                typed(
                    {
                        "image": image_element,
                        "plain_text": plain_text(2000),
                        "mrkdwn": mrkdwn_text(2000),
                    }
                ),
                10,
            ),
        },
        {"block_id": BLOCK_ID},
    ),
    "actions": shape({**_BLOCK, "elements": array(typed(ACTIONS), 25)}, {"block_id": BLOCK_ID}),
    "context_actions": shape(
        {**_BLOCK, "elements": array(typed(CONTEXT_ACTIONS), 5)}, {"block_id": BLOCK_ID}
    ),
    "image": shape(
        {**_BLOCK, "alt_text": string(2000)},
        {**IMAGE_FIELDS, "block_id": BLOCK_ID, "title": plain_text(2000)},
        exactly_one_of=IMAGE_SOURCES,
    ),
    "input": shape(
        {**_BLOCK, "label": plain_text(2000), "element": typed(INPUTS)},
        {
            "block_id": BLOCK_ID,
            "hint": plain_text(2000),
            "optional": boolean,
            "dispatch_action": boolean,
        },
    ),
    "markdown": shape(
        {**_BLOCK, "text": string(MARKDOWN_CHARACTERS, at_least=1)}, {"block_id": BLOCK_ID}
    ),
    "table": shape(
        {**_BLOCK, "rows": array(array(_TABLE_CELL, 20), 100)},
        {
            "block_id": BLOCK_ID,
            "column_settings": array(
                shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean}),
                20,
            ),
        },
    ),
    "rich_text": rich_text,
    "video": shape(
        {
            **_BLOCK,
            "alt_text": string(2000),
            "title": plain_text(199),
            "thumbnail_url": URL,
            "video_url": URL,
        },
        {
            "block_id": BLOCK_ID,
            "author_name": string(49),
            "description": plain_text(199),
            "provider_icon_url": URL,
            "provider_name": string(199),
            "title_url": URL,
        },
    ),
    "file": shape(
        {**_BLOCK, "external_id": string(255), "source": one_of("remote")}, {"block_id": BLOCK_ID}
    ),
    "alert": shape(
        {**_BLOCK, "text": text_object(3000)},
        {
            "block_id": BLOCK_ID,
            "level": one_of("default", "info", "warning", "error", "success"),
        },
    ),
    "task_card": _TASK_CARD,
    "plan": shape(
        {**_BLOCK, "title": string(255)},
        {"block_id": BLOCK_ID, "tasks": array(_TASK_CARD, 50, at_least=0)},
    ),
    "card": _CARD,
    "carousel": shape({**_BLOCK, "elements": array(_CARD, 10)}, {"block_id": BLOCK_ID}),
    "container": shape(
        {**_BLOCK, "child_blocks": array(late(lambda: typed(BLOCKS)), 50)},
        {
            "block_id": BLOCK_ID,
            "title": plain_text(150),
            "rich_text_title": rich_text,
            "subtitle": text_object(150),
            "icon": image_element,
            "is_collapsible": boolean,
            "default_collapsed": boolean,
            "has_header_divider": boolean,
            "width": one_of("narrow", "standard", "wide", "full"),
        },
    ),
    "data_table": shape(
        {**_BLOCK, "caption": string(255), "rows": array(array(_TABLE_CELL, 20), 201)},
        {
            "block_id": BLOCK_ID,
            "page_size": number,
            "row_header_column_index": integer(0, 19),
        },
    ),
}

_IN_VIEWS = (
    "section",
    "header",
    "divider",
    "context",
    "actions",
    "image",
    "input",
    "rich_text",
    "video",
)
_VIEW_BLOCK = typed({name: BLOCKS[name] for name in _IN_VIEWS})
_MESSAGE_BLOCK = typed(BLOCKS)

_VIEW_FIELDS: dict[str, Check] = {
    "callback_id": string(255),
    "external_id": string(255),
    "private_metadata": string(3000),
    "blocks": lambda value, at, problems: check_blocks(value, at, problems, in_view=True),
}
_VIEWS = typed(
    {
        "modal": shape(
            {"type": TYPE, "title": plain_text(24), "blocks": _VIEW_FIELDS["blocks"]},
            {
                **_VIEW_FIELDS,
                "submit": plain_text(24),
                "close": plain_text(24),
                "clear_on_close": boolean,
                "notify_on_close": boolean,
                "submit_disabled": boolean,
            },
        ),
        "home": shape({"type": TYPE, "blocks": _VIEW_FIELDS["blocks"]}, _VIEW_FIELDS),
    }
)


def elements(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The elements of a block that a person can use."""
    single = (block.get("accessory"), block.get("element"))
    for element in (*single, *(block.get("elements") or ())):
        if isinstance(element, dict) and "type" in element:
            yield element
    for child in block.get("child_blocks") or ():
        yield from elements(child)


def check_blocks(blocks: object, at: str, problems: Problems, *, in_view: bool = False) -> None:
    """Append what Slack would refuse about the blocks of a message or a view."""
    known = len(problems)
    array(
        _VIEW_BLOCK if in_view else _MESSAGE_BLOCK,
        VIEW_BLOCKS if in_view else MESSAGE_BLOCKS,
        at_least=0,
    )(blocks, at, problems)
    if len(problems) > known or not isinstance(blocks, list):
        return
    ids = Counter(block["block_id"] for block in blocks if block.get("block_id"))
    for block_id, times in ids.items():
        if times > 1:
            problems.append(Problem(f'`block_id` "{block_id}" already exists', at))
    for index, block in enumerate(blocks):
        actions = Counter(
            element["action_id"] for element in elements(block) if element.get("action_id")
        )
        for action_id, times in actions.items():
            if times > 1:
                where = f"{at}/{index}"
                problems.append(Problem(f'`action_id` "{action_id}" already exists', where))
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MARKDOWN_CHARACTERS:
        problems.append(Problem(f"must be less than {MARKDOWN_CHARACTERS + 1} characters", at))


def blocks_problems(blocks: object, at: str = "/blocks") -> Problems:
    """What Slack would refuse about the blocks of a message; empty when it takes them."""
    problems: Problems = []
    check_blocks(blocks, at, problems)
    return problems


def view_problems(view: object) -> Problems:
    """What Slack would refuse about a modal or a home tab; empty when it takes it."""
    problems: Problems = []
    _VIEWS(view, "/view", problems)
    if problems or not isinstance(view, dict):
        return problems
    asks = any(block["type"] == "input" for block in view["blocks"])
    if view["type"] == "modal" and asks and not view.get("submit"):
        problems.append(Problem("missing required field: submit", "/view"))
    return problems


def view_too_large(view: dict[str, Any]) -> bool:
    """Slack refuses views over 250 kB."""
    return len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_BYTES
