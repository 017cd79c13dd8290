"""Masking, frames, templates and reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.text import (
    CommonLines,
    fingerprint,
    frames_of,
    mask,
    read,
    stack_signature,
    template,
    terms,
)
from bot.domain.text.agreeing import says_same


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("Same here", True),
        ("me too!", True),
        ("I'm having the same issue in 2.1.", True),
        ("We also have this problem", True),
        ("It's happening to me", True),
        ("Can confirm.", True),
        ("\N{THUMBS UP SIGN}", True),
        ("+1 from us", True),
        ("Bei mir auch", True),
        ("我也是", True),
        ("> same here\n\nWhich version?", False),
        ("same here, fixed by upgrading", False),
        ("Same problem? Which version is this", False),
        ("This is not the same issue", False),
        ("I can't confirm", False),
        ("+1000 records are imported", False),
        ("I see this behaviour as correct", False),
        ("Same here. " + "Let me tell the whole story. " * 20, False),
        ("", False),
    ],
)
def test_a_comment_that_says_the_same(said: str, same: bool) -> None:
    assert says_same(said) is same


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("at 2026-03-01T12:00:01Z it failed", "at <time> it failed"),
        ("see https://x.example/a?b=1 now", "see <url> now"),
        ("mail ana@example.com", "mail <email>"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id <uuid>"),
        ("from 10.0.0.1:8080", "from <ip>"),
        ("open /var/log/app/x.log failed", "open <path> failed"),
        ("addr 0xdeadbeef", "addr <hex>"),
        ("commit 7f3a9c1d22 broke it", "commit <hex> broke it"),
        ("took 3.5 s for 12 rows", "took <num> s for <num> rows"),
        ("blk_-1608999687919862906 is gone", "<id> is gone"),
        ("words and more words", "words and more words"),
        ("utf8 and sha256 stay", "utf8 and sha256 stay"),
    ],
)
def test_mask(text: str, masked: str) -> None:
    assert mask(text) == masked


TRACES = {
    "python": (
        'Traceback (most recent call last):\n  File "shop/cart.py", line 12, in total\n'
        '    x()\n  File "shop/price.py", line 3, in x\n    1/0\nZeroDivisionError: division',
        [("shop/cart.py", "total"), ("shop/price.py", "x")],
    ),
    "java": (
        "java.lang.NullPointerException: x\n\tat com.acme.Cart.total(Cart.java:12)\n"
        "\tat com.acme.Main.main(Main.java:3)",
        [("Main.java", "com.acme.Main.main"), ("Cart.java", "com.acme.Cart.total")],
    ),
    "javascript": (
        "TypeError: x is undefined\n    at total (/app/src/cart.js:12:5)\n"
        "    at /app/src/main.js:3:1",
        [("/app/src/main.js", ""), ("/app/src/cart.js", "total")],
    ),
    "go": (
        "panic: x\n\ngoroutine 1 [running]:\nmain.total(0x1, 0x2)\n\t/src/cart.go:12 +0x1d\n"
        "main.main()\n\t/src/main.go:3 +0x2a",
        [("/src/main.go", "main.main"), ("/src/cart.go", "main.total")],
    ),
    "ruby": (
        "cart.rb:12:in `total': x (RuntimeError)\n\tfrom main.rb:3:in `<main>'",
        [("main.rb", "<main>"), ("cart.rb", "total")],
    ),
    "csharp": (
        "System.Exception: x\n   at Shop.Cart.Total(Int32 n) in C:\\src\\Cart.cs:line 12\n"
        "   at Shop.Main.Run()",
        [("", "Shop.Main.Run"), ("C:\\src\\Cart.cs", "Shop.Cart.Total")],
    ),
    "rust": (
        "thread 'main' panicked at x\n   0: shop::cart::total\n             at ./src/cart.rs:12:5\n"
        "   1: shop::main\n             at ./src/main.rs:3:1",
        [("./src/main.rs", "shop::main"), ("./src/cart.rs", "shop::cart::total")],
    ),
}


@pytest.mark.parametrize("language", sorted(TRACES))
def test_frames_innermost_last(language: str) -> None:
    trace, expected = TRACES[language]
    frames, taken = frames_of(trace.split("\n"))
    assert [(frame.path, frame.function) for frame in frames] == expected
    assert taken


def test_a_signature_survives_other_line_numbers() -> None:
    one, _ = frames_of(TRACES["java"][0].split("\n"))
    two, _ = frames_of(TRACES["java"][0].replace(":12", ":77").split("\n"))
    other, _ = frames_of(TRACES["java"][0].replace("total", "count").split("\n"))
    error = "NullPointerException: {}"
    name = stack_signature(error.format("a"), one)
    assert name == stack_signature(error.format("b"), two) != ""
    assert name != stack_signature(error.format("a"), other)
    assert name != stack_signature("IOException: a", one)
    assert stack_signature("panic: a", one) != stack_signature("panic: b", one)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (
            "Failed password for root from 10.0.0.1 port 22",
            "Failed password for root from 9.9.9.9 port 7",
        ),
        ("Invalid user alice from 1.2.3.4", "Invalid user bob from 4.3.2.1"),
        ('acquire lock=1, tag="A", name=audio', 'acquire lock=2, tag="View Lock", name=system.ui'),
        ("ask 1.1.1.1:5 to delete blk_1 blk_2", "ask 1.1.1.2:5 to delete blk_3"),
    ],
)
def test_one_template(one: str, two: str) -> None:
    assert template(one) == template(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("cupsd startup succeeded", "cupsd shutdown succeeded"),
        ("makeInvisible: visible=true", "makeInvisible: visible=false"),
        ("saveToDisk size=3", "readFromDisk size=3"),
    ],
)
def test_two_templates(one: str, two: str) -> None:
    assert template(one) != template(two)


def test_a_fingerprint_needs_words() -> None:
    assert fingerprint("", "12 34") == ""
    assert fingerprint("Build fails on main", "at 0xab12") == fingerprint(
        "build  fails on Main", "at 0x99ff"
    )


ISSUE = """<!-- Please search before filing -->
### What did you do?
Ran `make` with **two** jobs.

```
ld: error: undefined symbol main
int x = 1;
```
### What did you expect to see?
A binary.
GOARCH="amd64"
"""


def test_reading_takes_a_report_apart() -> None:
    said = read("Build fails", ISSUE)
    assert said.prose.split("\n") == ["Ran make with two jobs.", "A binary."]
    assert said.errors == ("ld: error: undefined symbol main",)
    assert said.code == "int x = 1;"
    assert said.to_embed() == (
        "Build fails\nRan make with two jobs.\nA binary.\nld: error: undefined symbol main\n"
        "int x = 1;"
    )


def test_a_short_note_is_kept_whole() -> None:
    note = "What is the exchange rate?"
    assert read("", note).prose == note


def test_lines_that_many_share_are_learnt() -> None:
    common = CommonLines(least=3, share=0.1)
    line = "Attach the output of tool --env, number {}"
    for number in range(5):
        common.learn(read("t", f"{line.format(number)}\nown words {'x' * number}").lines)
    assert read("t", f"{line.format(99)}\nanother sentence", common).prose == "another sentence"


def test_terms_split_identifiers() -> None:
    assert terms("NullPointerException in parse_json") == [
        "nullpointerexception", "null", "pointer", "exception", "parse_json", "pars", "json",
    ]  # fmt: skip


@given(st.text())
def test_anything_can_be_read(text: str) -> None:
    said = read(text, text)
    mask(text)
    template(text)
    assert len(said.to_embed(100)) <= 100
