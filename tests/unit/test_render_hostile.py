"""Whatever a card says: within the limits, and nothing from outside comes alive."""

from __future__ import annotations

import html
import re
from pathlib import Path
from types import ModuleType

import pytest
from checkers import load_checker
from hostile_cards import URL, card, hostile
from hypothesis import example, given
from markdown_it import MarkdownIt
from markdown_it.token import Token
from properties import examples

from bot.domain.audience import Audience
from bot.domain.cards.card import (
    Action,
    Bullets,
    Card,
    Choice,
    Choices,
    Code,
    Fact,
    Link,
    Paragraph,
    Preformatted,
    Quotation,
    Said,
    Section,
    Step,
    Steps,
    Table,
)
from bot.domain.commands.markdown_lines import command_lines
from bot.render import marker, render_blocks, render_markdown, ticked
from bot.render.defuse import visible

OUR_HTML = re.compile(
    r"<!-- soulcaster:[^ >]+ -->|<!-- soulcaster-choice: (?:(?!-->).)+ -->|</?(?:span|sub|code)>"
    r"|<details><summary>[^<]*</summary>|</details>|\s+"
)
ALIVE = re.compile(
    r"@\w|(?<!&)#\d|gh-\d|[a-z]://|www\.|(?<![0-9a-z])[0-9a-f]{7,}(?![0-9a-z])", re.IGNORECASE
)
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _leaves(tokens: list[Token]) -> list[Token]:
    return [leaf for token in tokens for leaf in (token.children or [token])]


def assert_dead_on_github(body: str) -> None:
    leaves = _leaves(MARKDOWN.parse(body))
    assert not [leaf for leaf in leaves if leaf.type == "image"]
    for leaf in leaves:
        if leaf.type == "link_open":
            assert str(leaf.attrs["href"]).startswith(
                ("https://example.org/", "https://", "http://")
            )
        if leaf.type in ("html_inline", "html_block"):
            assert OUR_HTML.sub("", leaf.content) == "", leaf.content
            summary = re.sub(r"<[^>]*>", "", re.sub(r"<!--.*?-->", "", leaf.content, flags=re.S))
            assert not ALIVE.search(html.unescape(summary))
    spoken = "".join(
        leaf.content if leaf.type == "text" else " " if leaf.type != "html_inline" else "\u241f"
        for leaf in leaves
    )
    assert not ALIVE.search(spoken), spoken
    assert not re.search(r"^[ >]*/\w", re.sub(r"(?ms)^(`{3,}).*?^\1$", "", body), re.M)
    assert visible(body.replace("\u200b", "")) == body.replace("\u200b", "")


IMAGE = Card(
    key="k",
    audience=Audience.PUBLIC,
    title=(),
    sections=(Section(blocks=(Paragraph(line=(Said(text="a!"), Link(text="x", url=URL))),)),),
)


@examples(200)
@example(IMAGE)
@given(card)
def test_nothing_from_outside_lives_on_github(card: Card) -> None:
    body = render_markdown(card)
    assert body.startswith(f"{marker(card.key)}\n")
    body.encode()
    assert_dead_on_github(body)
    headings = [token for token in MARKDOWN.parse(body) if token.type == "heading_open"]
    titled = [section for section in card.sections if section.title and not section.collapsed]
    assert len(headings) == 1 + len(titled)
    assert ticked(body, body) == []
    assert command_lines(body) == []


def _mrkdwn_texts(blocks: object) -> list[str]:
    if isinstance(blocks, list):
        return [text for each in blocks for text in _mrkdwn_texts(each)]
    if not isinstance(blocks, dict):
        return []
    if blocks.get("type") == "mrkdwn":
        assert blocks["verbatim"] is True
        return [blocks["text"]]
    return [text for each in blocks.values() for text in _mrkdwn_texts(each)]


@pytest.fixture(scope="module")
def check_slack(shared: Path) -> ModuleType:
    return load_checker(shared, "check_slack")


@examples(150)
@given(card=card)
def test_nothing_from_outside_lives_in_slack(card: Card, check_slack: ModuleType) -> None:
    message = render_blocks(card)
    errors = check_slack.check_message({"text": message.text, "blocks": message.blocks})
    assert not [error for error in errors if error.rule != "markdown"]
    for text in [message.text, *_mrkdwn_texts(message.blocks)]:
        linked = re.findall(r"<([^>]*)>", text)
        assert all(re.match(r"https?://[^|>]+\|[^|>]+$", each) for each in linked), text
        outside_code = re.sub(r"```.*?```|`[^`]*`|<[^>]*>", " ", text, flags=re.S)
        assert not re.search(r"@(?:here|channel|everyone|ana)|://|www\.|:tada:", outside_code)
        assert not re.search(r"&(?!amp;|lt;|gt;)", text)
        assert text.count("```") % 2 == 0


@examples(150)
@given(hostile)
def test_a_slack_quote_has_no_formatting(text: str) -> None:
    [section, *_] = render_blocks(
        Card(
            audience=Audience.PUBLIC,
            key="k",
            title=(),
            sections=(Section(blocks=(Paragraph(line=("a", Said(text=text))),)),),
        )
    ).blocks[1:] or [{"text": {"text": ""}}]
    words = re.sub(r"`[^`]*`", " ", section["text"]["text"])
    assert not re.search(r"[*~`]|(?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9])", words)


@pytest.mark.parametrize("size", [10, 1_000, 70_000])
@pytest.mark.parametrize("character", ["z", "&", "$", "😀", "`", "|", "line\n", "ä "])
def test_any_size_is_within_the_limits(size: int, character: str, check_slack: ModuleType) -> None:
    text = (character * size)[:70_000]
    lines = tuple((Said(text=text), Code(text=text)) for _ in range(3))
    big = Card(
        audience=Audience.PUBLIC,
        key="run:F-7",
        title=lines[0],
        facts=tuple(Fact(label=text, value=each) for each in lines) * 9,
        sections=(
            Section(
                title=text,
                blocks=(
                    Bullets(lines=lines * 12),
                    Table(header=(text, "b"), rows=((lines[0], lines[1]),) * 101),
                    Table(header=("a", "b"), rows=((lines[0], lines[1]),)),
                    Quotation(text=text, source=Link(text=text, url=f"{URL}/{text}")),
                    Preformatted(text=text, language="diff"),
                    Steps(steps=tuple(Step(label=text, detail=each) for each in lines) * 30),
                    Choices(
                        choices=tuple(
                            Choice(label=lines[0], sentence=f"merge C-{number} {text}"[:2_500])
                            for number in range(60)
                        )
                    ),
                ),
            ),
        )
        * 3,
        actions=tuple(
            Action(label=text, sentence=f"fix C-{number}", confirm=text) for number in range(60)
        ),
        footer=lines[0],
    )
    body = render_markdown(big)
    assert len(body.encode("utf-16-le")) // 2 <= 65_536
    assert body.startswith(f"{marker('run:F-7')}\n")
    assert_dead_on_github(body)
    message = render_blocks(big)
    errors = check_slack.check_message({"text": message.text, "blocks": message.blocks})
    assert errors == []


def test_a_long_log_is_cut_in_the_middle() -> None:
    log = "\n".join(f"line {number}" for number in range(20_000))
    big = Card(
        audience=Audience.PUBLIC,
        key="k",
        title=(),
        sections=(Section(blocks=(Preformatted(text=log),)),),
    )
    body = render_markdown(big)
    assert "line 0\n" in body
    assert "line 19999\n```" in body
    left_out = re.search(r"\n… ([\d,]+) lines left out …\n", body)
    assert left_out
    kept = len(re.findall(r"^line \d+$", body, re.M))
    assert kept + int(left_out[1].replace(",", "")) == 20_000
    assert "lines left out" in render_blocks(big).blocks[1]["text"]["text"]


def test_every_button_of_a_large_card_is_there_once() -> None:
    actions = tuple(Action(label=f"Fix {n}", sentence=f"fix C-{n}") for n in range(60))
    rows = render_blocks(
        Card(audience=Audience.PUBLIC, key="k", title=("t",), actions=actions)
    ).blocks[1:]
    assert [len(row["elements"]) for row in rows] == [25, 25, 10]
    ids = [button["action_id"] for row in rows for button in row["elements"]]
    assert len(set(ids)) == 60
    again = render_blocks(
        Card(audience=Audience.PUBLIC, key="k", title=("other",), actions=actions[:1])
    ).blocks[1]
    assert again["elements"][0]["action_id"] == ids[0]


def test_a_repeated_button_has_an_id_of_its_own() -> None:
    twice = (Action(label="Fix", sentence="fix C-1"),) * 2
    [row] = render_blocks(
        Card(audience=Audience.PUBLIC, key="k", title=("t",), actions=twice)
    ).blocks[1:]
    first, second = (button["action_id"] for button in row["elements"])
    assert second == f"{first}:2"


def test_nobody_is_mentioned_not_even_by_our_own_words() -> None:
    card = Card(audience=Audience.PUBLIC, key="k", title=("@ana ", Said(text="@bo")))
    assert render_markdown(card).splitlines()[1] == "### 💬 @&#8203;ana @&#8203;bo"


CHOICES = Choices(
    choices=(
        Choice(label=("Merge",), sentence='merge C-3 -- "so <!-- it --> is"'),
        Choice(label=("Ignore",), sentence="ignore C-4", done=True),
    )
)


def test_ticking_a_box_gives_its_sentence() -> None:
    before = render_markdown(
        Card(audience=Audience.PUBLIC, key="k", title=(), sections=(Section(blocks=(CHOICES,)),))
    )
    after = before.replace("- [ ]", "- [x]").replace("\n", "\r\n")
    assert ticked(before, after) == ['merge C-3 -- "so <!-- it --> is"']
    assert ticked(after, before) == []
    assert ticked(after, after) == []


def test_a_box_that_was_not_there_before_ticks_nothing() -> None:
    before = render_markdown(
        Card(audience=Audience.PUBLIC, key="k", title=(), sections=(Section(blocks=(CHOICES,)),))
    )
    after = f"{before}\n\n- [x] mine <!-- soulcaster-choice: fix C-1 -->\n"
    assert ticked(before, after) == []
    box = "- [{}] a <!-- soulcaster-choice: fix C-1 -->\n"
    quoted = f"> {box}\n```\n{box}```\n"
    assert ticked(quoted.format(" ", " "), quoted.format("x", "x")) == []
