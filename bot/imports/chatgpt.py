"""A conversation export of ChatGPT: a zip with ``conversations.json``, an array of trees.

Of every tree only the active path counts: from ``current_node`` up to the root. Answers that were
made anew leave branches that nobody sees any more.
https://help.openai.com/en/articles/7260999-how-do-i-export-my-chatgpt-history-and-data
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from bot.domain.errors import BadPayload
from bot.domain.imports import Wanted
from bot.imports.archive import ZIP, member, members
from bot.imports.elements import elements
from bot.imports.reading import Row, said_by
from bot.sources.reading import at, first_text, listed, mapping, text

NAME = "chatgpt"
# Large exports come in several.
_MEMBER = re.compile(r"(?:.*/)?conversations(?:-\d+)?\.json")
_SHOWN = ("user", "assistant")
_DEEPEST = 10_000


def rows(file: BinaryIO, wanted: Wanted) -> Iterator[Row]:
    """Every conversation, by its number."""
    found = members(file, "export of ChatGPT")
    names = sorted(name for name in found.namelist() if _MEMBER.fullmatch(name))
    if not names:
        raise BadPayload("This is no export of ChatGPT: conversations.json is not in it.")
    before = 0
    for name in names:
        with member(found, name) as part:
            last = 0
            for row in elements(part):
                last = row.line
                yield Row(before + last, wrong=row.wrong) if row.wrong else _row(before, row)
        before += last


def columns(file: BinaryIO) -> dict[str, str]:
    """It says itself what is what. Raises BadPayload where it is no such export."""
    next(rows(file, Wanted()), None)
    return {}


def fits(start: bytes) -> bool:
    """Whether it may be such a file, by its beginning."""
    return start.startswith(ZIP)


def _row(before: int, row: Row) -> Row:
    told = row.told
    turns = [
        (role, words)
        for message in _path(told)
        if (role := first_text(message, "author.role")) in _SHOWN and not _is_hidden(message)
        if (words := _words(message))
    ]
    body = "\n\n".join(said_by(role, words) for role, words in turns)
    asked = next((words for role, words in turns if role == "user"), "")
    fields = {
        "title": first_text(told, "title") or asked[:200],
        "body": body,
        "author": "user" if asked else "",
        "time": told.get("create_time"),
        "id": first_text(told, "conversation_id", "id"),
    }
    return Row(before + row.line, fields if turns else {})


def _path(told: Any) -> list[Any]:
    """Messages from the root to the current leaf; a tree that runs in a circle ends there."""
    nodes, name, path = mapping(told.get("mapping")), told.get("current_node"), []
    seen: set[str] = set()
    while isinstance(name, str) and name in nodes and name not in seen and len(seen) < _DEEPEST:
        seen.add(name)
        node = mapping(nodes[name])
        path.append(mapping(node.get("message")))
        name = node.get("parent")
    return path[::-1]


def _is_hidden(message: Any) -> bool:
    return at(message, "metadata.is_visually_hidden_from_conversation") is True


def _words(message: Any) -> str:
    """Text alone: images and files are objects among its parts."""
    return "\n".join(filter(None, (text(part) for part in listed(at(message, "content.parts")))))
