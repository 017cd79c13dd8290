"""A conversation export of ChatGPT: a zip with ``conversations.json``, an array of trees. Of every
tree only the active path counts: from ``current_node`` up to the root. Answers that were made anew
leave branches that nobody sees any more.
https://help.openai.com/en/articles/7260999-how-do-i-export-my-chatgpt-history-and-data"""

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


def rows(file: BinaryIO, wanted: Wanted) -> Iterator[Row]:
    """Every conversation, by its number."""
    found = members(file, "export of ChatGPT")
    names = sorted(name for name in found.namelist() if _MEMBER.fullmatch(name))
    if not names:
        raise BadPayload("This is no export of ChatGPT: conversations.json is not in it.")
    number = 0
    for name in names:
        with member(found, name) as part:
            for row in elements(part):
                number += 1
                yield Row(number, _fields(row.told), row.wrong)


def columns(file: BinaryIO) -> dict[str, str]:
    """It says itself what is what. Raises BadPayload where it is no such export."""
    next(rows(file, Wanted()), None)
    return {}


def fits(start: bytes) -> bool:
    """It begins as a zip."""
    return ZIP.startswith(start[: len(ZIP)])


def _fields(told: Any) -> dict[str, object]:
    turns = []
    for message in _path(told):
        role = first_text(message, "author.role")
        hidden = at(message, "metadata.is_visually_hidden_from_conversation") is True
        # Images and files are objects among its parts.
        words = "\n".join(filter(None, map(text, listed(at(message, "content.parts")))))
        if role in ("user", "assistant") and words and not hidden:
            turns.append((role, words))
    asked = next((words for role, words in turns if role == "user"), "")
    if not turns:
        return {}
    return {
        "title": first_text(told, "title") or asked[:200],
        "body": "\n\n".join(said_by(*turn) for turn in turns),
        "author": "user" if asked else "",
        "time": told.get("create_time"),
        "id": first_text(told, "conversation_id", "id"),
    }


def _path(told: Any) -> list[Any]:
    """Messages from the root to the current leaf; a tree that runs in a circle ends there."""
    nodes, name = dict(mapping(told.get("mapping"))), told.get("current_node")
    path = []
    while isinstance(name, str) and name in nodes:
        node = mapping(nodes.pop(name))
        path.append(node.get("message"))
        name = node.get("parent")
    return path[::-1]
