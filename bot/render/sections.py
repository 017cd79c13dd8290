"""Sections of a document that is edited in place: ours are replaced, people's words stay."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt

from bot.domain.cards.card import Card
from bot.render.markdown import Markdown, render_document

_MARKDOWN = MarkdownIt("commonmark")
_FOLDED = re.compile(r"<details><summary>(.*?)</summary>")


# Where our part of a document of other people's ends; it begins with the card's marker.
_END = "<!-- soulcaster:digest:end -->"


def part_of(card: Card) -> Markdown:
    """The card as a part of an issue that people may write around."""
    return Markdown(f"{render_document(card).strip()}\n\n{_END}")


def replace_part(body: str, part: Markdown) -> Markdown:
    """``body`` with our part replaced, and what people wrote around it kept."""
    first = part.split("\n", 1)[0]
    start, end = body.find(first), body.find(_END)
    if start < 0 or end < start:
        return Markdown(f"{body.rstrip()}\n\n{part}") if body.strip() else part
    return Markdown(body[:start] + part + body[end + len(_END) :])


def replace_sections(body: str, card: Card, titles: Sequence[str]) -> Markdown:
    """``body`` with the sections named ``titles`` as ``card`` has them now.

    A section that ``body`` does not have (any more) is left out.
    """
    newer = dict(_sections(render_document(card)))
    parts = []
    for title, text in _sections(body):
        ours = title in titles and title in newer
        parts.append(newer[title].rstrip("\n") + _ending(text) if ours else text)
    return Markdown("".join(parts))


def _ending(text: str) -> str:
    """The line ends that separate a part from the next one."""
    return text[len(text.rstrip("\r\n")) :]


def _sections(body: str) -> list[tuple[str, str]]:
    """``(title, text)`` in order; what stands before the first title has the title ``""``.

    A section ends where the next begins, a folded one with its ``</details>``.
    """
    lines = body.splitlines(keepends=True)
    starts: list[tuple[int, str]] = [(0, "")]
    tokens = _MARKDOWN.parse(body)
    for token, after in zip(tokens, [*tokens, None][1:], strict=True):
        if token.level or token.map is None:
            continue
        if token.type == "heading_open" and after is not None:
            starts.append((token.map[0], after.content.strip()))
        elif token.type == "html_block" and (found := _FOLDED.match(token.content)):
            starts.append((token.map[0], found[1]))
        elif token.type == "html_block" and "</details>" in token.content:
            starts.append((token.map[0] + 1, ""))
    ends = [start for start, _ in starts[1:]] + [len(lines)]
    return [
        (title, "".join(lines[start:end])) for (start, title), end in zip(starts, ends, strict=True)
    ]
