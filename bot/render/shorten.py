"""Make a card smaller before it is rendered, so that rendering never has to cut."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TypeVar

from pydantic import BaseModel

from bot.domain.cards import card as cards
from bot.domain.cards.views.cluster import count

Rendered = TypeVar("Rendered")

# Longest text in characters, longest list in entries; tried in order until the card fits.
_SIZES = (
    (60_000, 1_000), (20_000, 500), (8_000, 300), (4_000, 150), (2_000, 80), (1_000, 40),
    (500, 20), (250, 10), (120, 5), (60, 2), (30, 1),
)  # fmt: skip
_LONGEST_URL = 2_000


def fitting(
    card: cards.Card,
    render: Callable[[cards.Card], Rendered],
    fits: Callable[[Rendered], bool],
    *,
    room: int,
) -> Rendered:
    """``card`` rendered, shortened as little as makes it fit. A card of more than ``room``
    characters can't fit, so it is not rendered to find out."""
    smaller = (shorten(card, characters=c, entries=e) for c, e in _SIZES)
    for shorter in chain([card], smaller):  # each is made when all before it were too large
        if _size(shorter) <= room and fits(rendered := render(shorter)):
            return rendered
    return render(
        cards.Card(
            key=card.key, audience=card.audience, title=cut_line(card.title, 30), tone=card.tone
        )
    )


def _size(part: object) -> int:
    """Characters of all the texts in a card or a part of one."""
    if isinstance(part, str):
        return len(part)
    if isinstance(part, tuple):
        return sum(map(_size, part))
    return sum(map(_size, vars(part).values())) if isinstance(part, BaseModel) else 0


def length(text: str) -> int:
    """Characters as GitHub and Slack may count them: those beyond the first plane twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def shorten(card: cards.Card, *, characters: int, entries: int) -> cards.Card:
    """No text longer than ``characters``, no list longer than ``entries``; what is left out is
    said. A sentence of the grammar is kept whole or not at all."""
    sections = [
        shorten_section(section, characters=characters, entries=entries)
        for section in card.sections[:entries]
    ]
    if left_out := _more_of(len(card.sections) - entries, "section"):
        sections.append(cards.Section(blocks=tuple(left_out)))
    return card.model_copy(
        update={
            "title": cut_line(card.title, characters),
            "facts": tuple(
                cards.Fact(
                    label=cut(fact.label, characters), value=cut_line(fact.value, characters)
                )
                for fact in card.facts[:entries]
            ),
            "sections": tuple(sections),
            "actions": tuple(
                action.model_copy(update={"label": cut(action.label, characters)})
                for action in card.actions[:entries]
                if _whole(action, characters)
            ),
            "footer": cut_line(card.footer, characters),
        }
    )


def shorten_section(section: cards.Section, *, characters: int, entries: int) -> cards.Section:
    """The same for one section."""
    blocks = [
        part
        for block in section.blocks[:entries]
        for part in _shorten_block(block, characters, entries)
    ]
    blocks += _more_of(len(section.blocks) - entries, "part")
    return section.model_copy(
        update={"title": cut(section.title, characters), "blocks": tuple(blocks)}
    )


def _shorten_block(block: cards.Block, characters: int, entries: int) -> list[cards.Block]:
    match block:
        case cards.Paragraph(line=line):
            return [cards.Paragraph(line=cut_line(line, characters))]
        case cards.Bullets(lines=lines):
            kept = [cut_line(line, characters) for line in lines[:entries]]
            if (left := len(lines) - entries) > 0:
                kept.append((f"… {left:,} more",))
            return [cards.Bullets(lines=tuple(kept))]
        case cards.Table(header=header, rows=rows):
            columns = max(entries, 3)
            kept_rows = tuple(
                tuple(cut_line(cell, characters) for cell in row[:columns])
                for row in rows[:entries]
            )
            table = cards.Table(
                header=tuple(cut(name, characters) for name in header[:columns]), rows=kept_rows
            )
            return [table, *_more_of(len(rows) - entries, "row")]
        case cards.Quotation(text=text, source=source):
            told_by = _cut_link(source, characters) if source else None
            return [cards.Quotation(text=cut(text, characters), source=told_by)]
        case cards.Preformatted(text=text):
            return [block.model_copy(update={"text": cut_middle(text, characters)})]
        case cards.Steps(steps=steps):
            kept_steps = [_step(step, characters) for step in steps[-entries:]]
            if (left := len(steps) - entries) > 0:
                earlier = cards.Step(label=f"… {count(left, 'earlier step')}", tone="info")
                kept_steps.insert(0, earlier)
            return [cards.Steps(steps=tuple(kept_steps))]
        case cards.Choices(choices=choices):
            able = [choice for choice in choices if len(choice.sentence) <= max(characters, 200)]
            kept_choices = tuple(
                choice.model_copy(update={"label": cut_line(choice.label, characters)})
                for choice in able[:entries]
            )
            return [
                cards.Choices(choices=kept_choices),
                *_more_of(len(choices) - len(kept_choices), "choice"),
            ]


def _step(step: cards.Step, characters: int) -> cards.Step:
    label, detail = cut(step.label, characters), cut_line(step.detail, characters)
    return step.model_copy(update={"label": label, "detail": detail})


def cut(text: str, characters: int) -> str:
    """The start of ``text``, ended by ``…`` at a space where one is near."""
    if len(text) <= characters and length(text) <= characters:
        return text
    kept = text[: max(characters - 1, 0)]
    while kept and (over := length(kept) - characters + 1) > 0:
        kept = kept[: -max(over // 2, 1)]
    space = kept.rfind(" ")
    return (kept[:space] if space > len(kept) * 0.6 else kept).rstrip() + "…"


def cut_middle(text: str, characters: int) -> str:
    """Start and end of ``text`` in whole lines, with a line that counts those left out."""
    if length(text) <= characters:
        return text
    lines = text.split("\n")
    room = max(characters - 40, 0)  # for the line that says what is missing
    head = _lines_within(lines, room // 2)
    tail = _lines_within(lines[::-1], room - room // 2)
    left = len(lines) - head - tail
    if not head and not tail:
        start = cut(lines[0], max(room // 2, 1))
        end = lines[-1][-(room // 4) :] if room >= 4 else ""
        return f"{start}\n… {count(max(left - 2, 1), 'line')} left out …\n{end}".rstrip("\n")
    kept_tail = lines[len(lines) - tail :]
    return "\n".join([*lines[:head], f"… {count(left, 'line')} left out …", *kept_tail])


def _lines_within(lines: Sequence[str], characters: int) -> int:
    """How many of the first lines have room in ``characters``, newlines included."""
    for number, line in enumerate(lines):
        characters -= length(line) + 1
        if characters < 0:
            return number
    return len(lines)


def cut_line(line: cards.Line, characters: int) -> cards.Line:
    """The start of a line; a link whose text is cut stays a link."""
    kept: list[cards.Inline] = []
    for part in line:
        text = part if isinstance(part, str) else part.text
        url = len(part.url) if isinstance(part, cards.Link) else 0
        if characters <= 0 or len(kept) >= 40:
            return (*kept, "…")
        size = len(text) if len(text) > characters else length(text)
        if size <= characters and url <= _LONGEST_URL:
            kept.append(part)
        else:
            kept.append(_cut_inline(part, characters))
        characters -= size + url // 10
    return tuple(kept)


def _cut_inline(part: cards.Inline, characters: int) -> cards.Inline:
    match part:
        case str():
            return cut(part, characters)
        case cards.Link():
            return _cut_link(part, characters)
        case cards.Strong() | cards.Code() | cards.Said():
            return part.model_copy(update={"text": cut(part.text, characters)})


def _cut_link(link: cards.Link, characters: int) -> cards.Link:
    url = link.url if len(link.url) <= min(_LONGEST_URL, max(10 * characters, 300)) else ""
    return cards.Link(text=cut(link.text, characters), url=url)


def _whole(action: cards.Action, characters: int) -> bool:
    return len(action.sentence) <= max(characters, 200) and len(action.url) <= _LONGEST_URL


def _more_of(number: int, noun: str) -> list[cards.Block]:
    return [cards.Paragraph(line=(f"… {count(number, f'more {noun}')}",))] if number > 0 else []
