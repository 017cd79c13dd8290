"""Hidden marks in a comment: which card it is, and which command a checkbox stands for. Both are
HTML comments, which GitHub keeps and does not show. Percent-encoding keeps ``-->`` out. Read them
only in comments the app itself has written: anybody may type one. A message of Slack, and each
button in it, says by metadata and ids which project it belongs to."""

import hashlib
import re
from typing import Any
from urllib.parse import quote, unquote

from markdown_it import MarkdownIt

_PLAIN = " /:#@~.,=\"'"
_CHOICE = re.compile(r"^\[([ xX])\] .*<!-- soulcaster-choice: (.+?) -->\s*\Z", re.DOTALL)
_BOX = re.compile(r"\[[ xX]\]")
_MARKDOWN = MarkdownIt("commonmark")


def marker(key: str) -> str:
    """The first line of everything we post about ``key``, by which it is found again."""
    return f"<!-- soulcaster:{quote(key, safe='/:#@~.,=')} -->"


def choice_marker(sentence: str) -> str:
    """Stands at the end of a checkbox's line."""
    return f"<!-- soulcaster-choice: {quote(sentence, safe=_PLAIN)} -->"


def ticked(old_body: str, new_body: str) -> list[str]:
    """Sentences of the boxes that are ticked now and were there, unticked, before; in order. None
    for an edit that does more than tick: whoever clicks changes no words."""
    if _unticked(old_body) != _unticked(new_body):
        return []
    before = dict(_boxes(old_body))
    return [
        sentence
        for sentence, done in dict(_boxes(new_body)).items()
        if done and before.get(sentence) is False
    ]


def words_of(body: str) -> str:
    """A checksum of a comment but for its ticks: another where a person changed its words."""
    return hashlib.blake2b("\n".join(_unticked(body)).encode(), digest_size=8).hexdigest()


def _unticked(body: str) -> list[str]:
    """The lines with no box ticked. GitHub's editor ends lines its own way."""
    return [_BOX.sub("[ ]", line.rstrip(), count=1) for line in body.strip().splitlines()]


def _boxes(body: str) -> list[tuple[str, bool]]:
    """Every checkbox of ours as sentence and state. Code and quotes hold none."""
    boxes = []
    quoted = 0
    for token in _MARKDOWN.parse(body):
        quoted += token.nesting if token.type.startswith("blockquote") else 0
        found = None if quoted else _CHOICE.match(token.content) if token.type == "inline" else None
        if found:
            boxes.append((unquote(found[2]), found[1] != " "))
    return boxes


Json = dict[str, Any]
_EVENT_TYPE = "soulcaster_card"
_ACTION_ID = re.compile(r"soulcaster:([1-9][0-9]{0,17}):[0-9a-f]{12}(?::[0-9]+)?")


def metadata(project: int, card: str) -> Json:
    """The metadata of a message. https://docs.slack.dev/messaging/message-metadata"""
    return {"event_type": _EVENT_TYPE, "event_payload": {"project": project, "card": card}}


def action_id(project: int, what: str) -> str:
    """The id of a button: the same for the same sentence at every edit; project 0 is none."""
    digest = hashlib.sha256(what.encode()).hexdigest()[:12]
    return f"soulcaster:{project}:{digest}" if project else f"soulcaster:{digest}"


def project_of_message(metadata: Json | None) -> int:
    """The project that a message names, 0 for none."""
    if not metadata or metadata.get("event_type") != _EVENT_TYPE:
        return 0
    project = (metadata.get("event_payload") or {}).get("project")
    return project if isinstance(project, int) else 0


def project_of_button(action_id: str) -> int:
    """The project that a button names, 0 for none."""
    found = _ACTION_ID.fullmatch(action_id)
    return int(found[1]) if found else 0
