"""Sections of a document that is edited in place: ours are replaced, people's words stay."""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt

from bot.domain.cards.card import Card
from bot.render.markdown import Markdown, render_document, render_markdown
from bot.render.marker import marker

_MARKDOWN = MarkdownIt("commonmark")
_FOLDED = re.compile(r"<details><summary>(.*?)</summary>")


# Where our part of a document of other people's ends; it begins with the card's marker.
_END = "<!-- soulcaster:digest:end -->"


def _ours(first: str) -> re.Pattern[str]:
    """A part as we write it: no other mark of ours within, none of it quoted or in a sentence."""
    return re.compile(rf"^{first}\r?$(?:(?!<!-- soulcaster:).)*^{_END}", re.DOTALL | re.MULTILINE)


_PARTS = _ours(r"<!-- soulcaster:(?:digest|problem:C-\d+) -->")


def part_of(card: Card, *, headed: bool = False) -> Markdown:
    """The card as a part of an issue that people may write around; ``headed`` with its title,
    where the issue has another."""
    text = render_markdown(card) if headed else render_document(card)
    return Markdown(f"{text.strip()}\n\n{_END}")


def replace_part(body: str, part: Markdown) -> Markdown:
    """``body`` with our part replaced, and what people wrote around it kept."""
    found = _ours(re.escape(part.split("\n", 1)[0])).search(body)
    if found is None:
        return Markdown(f"{body.rstrip()}\n\n{part}") if body.strip() else part
    return Markdown(body[: found.start()] + part + body[found.end() :])


def without_part(body: str, key: str) -> Markdown:
    """``body`` without our part that begins with the marker of ``key``."""
    found = _ours(re.escape(marker(key))).search(body)
    if found is None:
        return Markdown(body)
    around = body[: found.start()].rstrip(), body[found.end() :].lstrip()
    return Markdown("\n\n".join(filter(None, around)))


def without_parts(body: str) -> str:
    """What people wrote: ``body`` without the parts that are ours."""
    return _PARTS.sub("", body).strip() if _END in body else body


def replace_sections(body: str, card: Card, titles: Sequence[str]) -> Markdown:
    """``body`` with the sections named ``titles`` as ``card`` has them now. A section that ``body``
    does not have (any more) is left out."""
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
    """``(title, text)`` in order; what stands before the first title has the title ``""``. A
    section ends where the next begins, a folded one with its ``</details>``."""
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
