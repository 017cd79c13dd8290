"""A card as GitHub Markdown: a comment edited in place, or a document such as a PR body.
https://github.github.com/gfm/"""

from functools import partial
from typing import NewType

from bot.domain.cards import card as cards
from bot.domain.cards.language import phrase
from bot.render.defuse import (
    BREAK,
    html_text,
    markdown_code,
    markdown_fence,
    markdown_line,
    markdown_own,
    markdown_quote,
    markdown_said,
    markdown_title,
    plain,
    safe_url,
)
from bot.render.marker import choice_marker, marker
from bot.render.seams import joined, whole
from bot.render.shorten import fitting, length
from bot.render.tones import ICONS, step_state, tone_word

Markdown = NewType("Markdown", str)
"""Text that was rendered here: what GitHub's client takes for people to read."""

BODY_LIMIT = 65_536  # characters of a GitHub comment, issue or pull request body
_COMMAND = "/soulcaster"


def render_markdown(card: cards.Card) -> Markdown:
    """``card`` as the body of a comment, at most 65,536 characters, its marker first."""
    return _fitting(card, heading=True)


def render_document(card: cards.Card) -> Markdown:
    """The same without its heading, for a place that has a title of its own (a PR body)."""
    return _fitting(card, heading=False)


def _fitting(card: cards.Card, *, heading: bool) -> Markdown:
    render = partial(_card, heading=heading)
    return Markdown(fitting(card, render, lambda b: length(b) <= BODY_LIMIT, room=BODY_LIMIT))


def _card(card: cards.Card, *, heading: bool) -> str:
    gist = [_heading(card) if heading else "", _facts(card.facts)]
    gist += [_section(section, "####" if heading else "##") for section in card.sections]
    rest = [*gist[3:], _actions(card.actions, card.language)]
    if card.folded and any(rest):
        rest = ["<details><summary>More</summary>", *rest, "</details>"]
    footer = f"<sub>{line}</sub>" if (line := _line(card.footer)) else ""
    body = "\n\n".join(part for part in [*gist[:3], *rest, footer] if part)
    return f"{marker(card.key)}\n{body}\n"


def _heading(card: cards.Card) -> str:
    word = tone_word(card)
    said = f" · {word}" if word else ""
    return f"### {ICONS[card.tone]} {markdown_title(_line(card.title))}{said}"


def _facts(facts: tuple[cards.Fact, ...]) -> str:
    lines = (_line((cards.Strong(fact.label), " ", *fact.value)) for fact in facts)
    return markdown_line(" · ".join(lines))


def _section(section: cards.Section, level: str) -> str:
    body = "\n\n".join(block for part in section.blocks if (block := _block(part)))
    title = plain(section.title)
    if not section.collapsed:
        return f"{level} {markdown_title(_line((title,)))}\n\n{body}" if title else body
    summary = html_text(title) or "More"
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _actions(actions: tuple[cards.Action, ...], language: str) -> str:
    links = [
        f"[{markdown_said(plain(action.label))}]({_destination(url)})"
        for action in actions
        if (url := safe_url(action.url))
    ]
    sentences = [
        f"- {markdown_code(f'{_COMMAND} {action.sentence}')} {markdown_own(action.label)}"
        for action in actions
        if plain(action.sentence)
    ]
    parts = (
        [f"**{phrase('Reply with', language)}**\n\n" + "\n".join(sentences)] if sentences else []
    )
    return "\n\n".join([*parts, " · ".join(links)]).strip()


def _block(block: cards.Block) -> str:
    match block:
        case cards.Paragraph(line=line):
            return markdown_line(_line(line))
        case cards.Bullets(lines=lines):
            return "\n".join(f"- {markdown_line(_line(line))}" for line in lines)
        case cards.Table():
            return _table(block)
        case cards.Quotation(text=text, source=source):
            quoted = markdown_quote(text)
            return f"{quoted}\n>\n> — {_inline(source)}" if source else quoted
        case cards.Preformatted(text=text, language=language):
            return markdown_fence(text, language)
        case cards.Steps():
            return _steps(block)
        case cards.Choices(choices=choices):
            return "\n".join(
                f"- [{'x' if choice.done else ' '}] {_line(choice.label)}"
                f" {choice_marker(plain(choice.sentence))}"
                for choice in choices
                if plain(choice.sentence)
            )


def _steps(steps: cards.Steps) -> str:
    lines = []
    for step in steps.steps:
        detail = f" — {_line(step.detail)}" if step.detail else ""
        label = markdown_own(plain(step.label))
        lines.append(f"- {ICONS[step.tone]} {label}{step_state(step)}{detail}")
    return "\n".join(lines)


def _table(table: cards.Table) -> str:
    header = [markdown_own(plain(name)) for name in table.header]
    rows = [[_line(cell, in_table=True) for cell in row] for row in table.rows]
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) if header else ""


def _line(line: cards.Line, *, in_table: bool = False) -> str:
    parts = (_inline(part, in_table=in_table) for part in whole(line))
    return joined(parts, BREAK).strip()


def _inline(part: cards.Inline, *, in_table: bool = False) -> str:
    match part:
        case str():
            return markdown_own(part)
        case cards.Strong(text=text):
            text = markdown_own(plain(text))
            return f"**{text}**" if text else ""
        case cards.Code(text=text):
            in_html = in_table and "|" in text
            return f"<code>{html_text(text)}</code>" if in_html else markdown_code(text)
        case cards.Said(text=text):
            return markdown_said(text)
        case cards.Link(text=text, url=url):
            url = safe_url(url)
            words = markdown_said(plain(text))
            return f"[{words or 'link'}]({_destination(url)})" if url else words


def _destination(url: str) -> str:
    """``&`` could begin an entity in a link's destination."""
    return url.replace("&", "&amp;")
