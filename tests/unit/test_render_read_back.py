"""What was rendered holds exactly what the card holds, read back by the place's own grammar.

Each part alone is what it says it is; a whole card holds what its parts alone hold, so neighbours
make nothing together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hostile_cards import URL, card, hostile, words
from hypothesis import given
from properties import examples
from read_back import Alive, read_blocks, read_markdown, squeezed

from bot.domain.audience import Audience
from bot.domain.cards.card import (
    Block,
    Bullets,
    Card,
    Choices,
    Code,
    Inline,
    Line,
    Link,
    Paragraph,
    Preformatted,
    Quotation,
    Said,
    Section,
    Steps,
    Strong,
    Table,
)
from bot.render import render_blocks, render_markdown
from bot.render.defuse import plain, safe_url, visible
from bot.render.shorten import shorten_section
from bot.render.tones import ICONS, tone_word


def _card(*blocks: Block) -> Card:
    sections = (Section(blocks=blocks),)
    return Card(key="k", audience=Audience.PUBLIC, title=(), sections=sections)


_BARE_MARKDOWN = read_markdown(render_markdown(_card()))
_BARE_BLOCKS = read_blocks(render_blocks(_card()))
_FOLDED = Counter(("tag", tag) for tag in ("<details>", "<summary>", "</summary>", "</details>"))


def on_github(*line: Inline, in_table: bool = False) -> Alive:
    """What a line holds in the eyes of GitHub, its parts each alone."""
    found: Alive = Counter()
    for part in _whole(line):
        if in_table:
            block: Block = Table(header=("h",), rows=(((part,),),))
        else:
            block = Paragraph(line=(part,))
        found += read_markdown(render_markdown(_card(block))) - _BARE_MARKDOWN
    return found - Counter({("table_open", ""): found["table_open", ""]})


def in_slack(*line: Inline) -> Alive:
    found: Alive = Counter()
    for part in _whole(line):
        found += read_blocks(render_blocks(_card(Paragraph(line=(part,))))) - _BARE_BLOCKS
    return found


def _whole(line: Line) -> Iterator[Inline]:
    """Our own words beside our own words are one text."""
    own = ""
    for part in (*line, Said(text="")):
        own += part if isinstance(part, str) else ""
        if not isinstance(part, str):
            yield from (own, part)
            own = ""


@examples(150)
@given(hostile)
def test_words_from_outside_hold_nothing_but_addresses_as_code(text: str) -> None:
    for found in (on_github(Said(text=text)), in_slack(Said(text=text))):
        for kind, what in found:
            assert kind == "code", (kind, what)
            assert "://" in what or what.lower().startswith("www."), what


@examples(150)
@given(hostile)
def test_code_is_one_span_with_that_text(text: str) -> None:
    expected = Counter([("code", plain(text))] if plain(text) else [])
    assert on_github(Code(text=text)) == expected
    in_table = [what for _, what in on_github(Code(text=text), in_table=True).elements()]
    assert list(map(squeezed, in_table)) == [squeezed(what) for _, what in expected]
    slack = Counter(
        {(kind, what.replace("ˋ", "`")): n for (kind, what), n in in_slack(Code(text=text)).items()}
    )
    assert slack == expected


@examples(150)
@given(hostile, hostile)
def test_a_link_leads_where_the_card_says(text: str, url: str) -> None:
    for found in (on_github(Link(text=text, url=url)), in_slack(Link(text=text, url=url))):
        links = [what for kind, what in found.elements() if kind == "link"]
        assert links == ([safe_url(url)] if safe_url(url) else [])
        assert {kind for kind, _ in found} <= {"link", "code"}


@examples(150)
@given(words)
def test_our_own_words_are_words(text: str) -> None:
    assert {kind for kind, _ in on_github(text) + in_slack(text)} <= {"code"}
    strong = Counter({("strong", ""): 1} if plain(text) else {})
    assert on_github(Strong(text=text)) == strong
    assert in_slack(Strong(text=text)) == strong


@examples(200)
@given(card)
def test_a_comment_holds_what_its_card_holds(card: Card) -> None:
    assert read_markdown(render_markdown(card)) == _expected_on_github(card)


@examples(200)
@given(card)
def test_a_message_holds_what_its_card_holds(card: Card) -> None:
    assert read_blocks(render_blocks(card)) == _expected_in_slack(card)


@pytest.mark.parametrize(
    "line",
    [
        ("Wow", Said(text="!"), Link(text="x", url=URL)),
        ("Wow!", Link(text="x", url=URL)),
        (Strong(text="a"), Strong(text="b")),
        (Code(text="a"), Code(text="b")),
        (Said(text="www"), ".evil.example"),
        ("www", Said(text=".evil.example")),
        ("see", Strong(text="(x)"), Said(text="y")),
        (Said(text=":"), "tada:"),
    ],
)  # fmt: skip
def test_neighbours_stay_what_they_are(line: Line) -> None:
    shown = _card(Paragraph(line=line))
    assert read_markdown(render_markdown(shown)) == _expected_on_github(shown)
    assert read_blocks(render_blocks(shown)) == _expected_in_slack(shown)


# --- What a card holds ------------------------------------------------------------------------


def _expected_on_github(card: Card) -> Alive:
    heading = ICONS[card.tone] + "".join(map(_read, card.title))
    heading += f"·{tone_word(card)}" if tone_word(card) else ""
    found: Alive = Counter({("h3", squeezed(heading)): 1}) + on_github(*card.title)
    for fact in card.facts:
        found += on_github(Strong(text=fact.label), *fact.value)
    for section in card.sections:
        if section.collapsed:
            found += _FOLDED
        elif section.title:
            found += Counter({("h4", squeezed(section.title)): 1}) + on_github(section.title)
        for block in section.blocks:
            found += _block_on_github(block)
    sentences = [action for action in card.actions if plain(action.sentence)]
    found["strong", ""] += bool(sentences)
    for action in sentences:
        found += on_github(Code(text=f"/soulcaster {action.sentence}"), action.label)
    for action in card.actions:
        if safe_url(action.url):
            found += on_github(Link(text=action.label, url=action.url))
    if squeezed("".join(map(_read, card.footer))):
        found += Counter([("tag", "<sub>"), ("tag", "</sub>")]) + on_github(*card.footer)
    return +found


def _block_on_github(block: Block) -> Alive:
    match block:
        case Paragraph(line=line):
            return on_github(*line)
        case Bullets(lines=lines):
            found: Alive = Counter()
            for line in lines:
                found += on_github(*line)
            return found
        case Table(header=header, rows=rows):
            found = Counter({("table_open", ""): 1})
            for cell in (*((name,) for name in header), *(cell for row in rows for cell in row)):
                found += on_github(*cell, in_table=True)
            return found
        case Quotation(text=text, source=source):
            found = Counter({("blockquote_open", ""): 1})
            for line in _quoted(text):
                found += on_github(line)
            return found + (on_github(source) if source else Counter())
        case Preformatted(text=text):
            return Counter({("fence", squeezed(visible(text))): 1})
        case Steps(steps=steps):
            found = Counter()
            for step in steps:
                found += on_github(step.label) + on_github(*step.detail)
            return found
        case Choices(choices=choices):
            found = Counter()
            for choice in choices:
                if plain(choice.sentence):
                    found += on_github(*choice.label)
                    found[f"box {'x' if choice.done else ' '}", plain(choice.sentence)] += 1
            return found


def _expected_in_slack(card: Card) -> Alive:
    title = (part.text if isinstance(part, Strong) else part for part in card.title)
    found: Alive = Counter({("strong", ""): 1 + len(card.facts)}) + in_slack(*title)
    for fact in card.facts:
        found += in_slack(fact.label) + in_slack(*fact.value)
    for section in card.sections:
        shown = (
            shorten_section(section, characters=300, entries=3) if section.collapsed else section
        )
        found["emphasis", ""] += shown != section
        if section.title:
            found += in_slack(Strong(text=shown.title))
        for block in shown.blocks:
            found += _block_in_slack(block)
    for action in card.actions:
        if what := plain(action.sentence) or safe_url(action.url):
            found["button", what] += 1
    return +(found + in_slack(*card.footer))


def _block_in_slack(block: Block) -> Alive:
    found: Alive = Counter()
    match block:
        case Paragraph(line=line):
            return in_slack(*line)
        case Bullets(lines=lines):
            for line in lines:
                found += in_slack(*line)
        case Table():
            found["fence", ""] += 1
        case Quotation(text=text, source=source):
            if visible(text).strip():
                for line in _quoted(text):
                    found += in_slack(line)
                    found["quote", ""] += 1
            found += in_slack(source) if source else Counter()
        case Preformatted(text=text):
            found["fence", ""] += bool(text.strip())
        case Steps(steps=steps):
            for step in steps:
                found += in_slack(step.label) + in_slack(*step.detail)
        case Choices(choices=choices):
            for choice in choices:
                if plain(choice.sentence):
                    found["button", plain(choice.sentence)] += 1
    return found


def _quoted(text: str) -> list[Said]:
    lines = visible(text).expandtabs(4).strip("\n").split("\n")
    return [Said(text=line.lstrip(" ")) for line in lines]


def _read(part: Inline) -> str:
    if isinstance(part, str):
        return visible(part)
    if isinstance(part, Link):
        return visible(part.text).strip() or ("link" if safe_url(part.url) else "")
    return visible(part.text)
