"""What each kind of text from outside becomes, one by one; the property tests mix them."""

from __future__ import annotations

import pytest

from bot.domain.audience import Audience
from bot.domain.cards.card import note
from bot.render import marker, render_markdown
from bot.render.defuse import (
    html_text,
    markdown_fence,
    markdown_line,
    markdown_said,
    safe_url,
    slack_said,
    visible,
)
from bot.render.seams import joined

ZWSP = "\u200b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@ana", "@&#8203;ana"),
        ("acme/shop#12", "acme/shop#&#8203;12"),
        ("GH-7", "GH&#8203;-7"),
        ("at 4be1c09d", "at 4be1c0&#8203;9d"),
        (":tada:", ":&#8203;tada:"),
        ("<b>", r"\<b\>"),
        ("&lt;", r"\&lt;"),
        ("![x](y)", r"!\[x\](y)"),
        ("$x$", "<span>$</span>x<span>$</span>"),
        ("see https://e.example/a_b", "see `https://e.example/a_b`"),
        ("www.e.example", "`www.e.example`"),
    ],
)
def test_in_markdown(text: str, expected: str) -> None:
    assert markdown_said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@here", f"@{ZWSP}here"),
        (":tada:", f":{ZWSP}tada:"),
        ("<!channel> &amp;", "&lt;!channel&gt; &amp;amp;"),
        ("*a* ~b~ `c`", "∗a∗ ∼b∼ ˋcˋ"),
        ("see https://e.example/", "see `https://e.example/`"),
    ],
)
def test_in_slack(text: str, expected: str) -> None:
    assert slack_said(text) == expected


def test_in_an_html_element_there_is_no_sign_left() -> None:
    assert html_text("<b>&amp;") == "&#60;b&#62;&#38;amp&#59;"
    assert html_text("@ana") == f"&#64;{ZWSP}ana"


@pytest.mark.parametrize(("text", "ticks"), [("a", 3), ("``", 3), ("```\na\n```", 4), ("`````", 6)])
def test_a_fence_is_longer_than_what_it_holds(text: str, ticks: int) -> None:
    assert markdown_fence(text) == f"{'`' * ticks}\n{text}\n{'`' * ticks}"


@pytest.mark.parametrize(
    ("line", "expected"), [("/close", "/&#8203;close"), ("# a", r"\# a"), ("1. a", r"1\. a")]
)
def test_a_line_begins_no_block_and_no_command(line: str, expected: str) -> None:
    assert markdown_line(line) == expected


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "ftp://e.example", "x"])
def test_a_link_leads_to_the_web(url: str) -> None:
    assert safe_url(url) == ""
    assert safe_url("https://e.example/a b|c") == "https://e.example/a%20b%7Cc"


@pytest.mark.parametrize(
    "sign", ["\u202e", "\u200b", "\x00", "\x7f", "\u2060", "\u3164", "\x1b[31m"]
)
def test_what_nobody_sees_is_gone(sign: str) -> None:
    assert visible(f"a{sign}b\n") == "ab\n"


def test_neighbours_are_kept_apart() -> None:
    assert joined(["a!", "[x](y)"], "|") == "a!|[x](y)"
    assert joined(["`a`", "`b`"], "|") == "`a`|`b`"
    assert joined(["a ", "b", "", ", c"], "|") == "a b, c"


def test_a_comment_begins_with_its_marker() -> None:
    body = render_markdown(note("run:F-7", "words", audience=Audience.PUBLIC))
    assert body.splitlines()[0] == marker("run:F-7") == "<!-- soulcaster:run:F-7 -->"
    assert marker("a --> b") == "<!-- soulcaster:a%20--%3E%20b -->"
