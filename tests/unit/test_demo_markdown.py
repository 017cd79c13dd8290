"""Markdown of the demo's page: GitHub's dialect, and nothing that could act in a browser."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.demo.markdown import Markdown

SAFE_TAGS = (
    r"a|blockquote|br|code|del|details|div|em|h[1-6]|hr|input|kbd|li|ol|p|pre|s|span"
    r"|strong|sub|summary|sup|table|tbody|td|th|thead|tr|ul"
)
SAFE_ATTRIBUTES = r"checked|class|data-task|href|open|rel|start|tabindex|title|type"
MARKDOWN = Markdown()


def tags(rendered: str) -> list[tuple[str, str]]:
    return re.findall(r"<\s*([^\s/>!][^\s/>]*|!)([^>]*)>", re.sub(r"</\w+>", "", rendered))


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<details open onclick=alert(1)><summary>x</summary></details>",
        "<a href='javascript:alert(1)'>x</a>",
        "[x](javascript:alert(1))",
        "[x](vbscript:x) [y](data:text/html,x)",
        "![x](javascript:alert(1))",
        '[x](https://a.example "\\" onclick=alert(1)")',
        'https://a.example/"onmouseover=alert(1)',
        "<svg/onload=alert(1)>",
        "<sub onclick=x>y</sub>",
        '```"><script>\nx\n```',
        "| a |\n|--|\n| <iframe> |",
        "<style>*{display:none}</style><form action=x><button>y</button></form>",
        "<div class='scrim' style='position:fixed' id=modal data-act=press>x</div>",
    ],
)
def test_nothing_hostile_comes_through(hostile: str) -> None:
    assert_safe(MARKDOWN.render(hostile))


@given(st.text(alphabet="<>\"'`*_[]()!|-\n /=adeilmnoprstu:x#@&;", max_size=60))
def test_no_text_makes_an_unsafe_tag(text: str) -> None:
    assert_safe(MARKDOWN.render(text))


def assert_safe(rendered: str) -> None:
    for tag, attributes in tags(rendered):
        assert re.fullmatch(SAFE_TAGS, tag), rendered
        names = re.findall(r"([\w-]+)\s*(?:=|$|\s)", re.sub(r'"[^"]*"', '""', attributes))
        assert all(re.fullmatch(SAFE_ATTRIBUTES, name) for name in names), rendered
        for link in re.findall(r'href="([^"]*)"', attributes):
            assert not re.match(r"\s*(javascript|vbscript|data):", link, re.IGNORECASE)


@pytest.mark.parametrize("written", ["<input data-task=0>", "<INPUT type=checkbox>", "</input>"])
def test_a_checkbox_comes_from_a_task_only(written: str) -> None:
    rendered = MARKDOWN.render(f"{written} x\n\n{written}\n\n- [ ] {written} task")
    assert rendered.count("<input") == 1
    assert '<input type="checkbox" data-task="0">' in rendered


def test_an_image_is_a_link_and_every_link_is_marked() -> None:
    rendered = MARKDOWN.render("![its words](https://a.example/i.png) <img src=https://a.example>")
    link = '<a href="https://a.example/i.png" rel="noreferrer nofollow">its words</a>'
    assert rendered == f"<p>{link} </p>\n"


def test_classes_of_the_page_are_not_for_texts() -> None:
    rendered = MARKDOWN.render("<span class='button mention'>x</span> <td class=toast>y</td>")
    assert set(re.findall(r'class="([^"]*)"', rendered)) == {"mention"}


def test_our_cards_keep_their_folds_and_lose_their_markers() -> None:
    rendered = MARKDOWN.render(
        "<!-- soulcaster:run:F-7 -->\n<details><summary>Evidence</summary>\n\n**red**\n\n</details>"
    )
    assert rendered.split() == (
        ["<details><summary>Evidence</summary>", "<p><strong>red</strong></p>", "</details>"]
    )


def test_tasks_are_boxes_that_know_their_place() -> None:
    rendered = MARKDOWN.render("- [ ] one\n- not a task\n- [x] **two**\n\n`- [ ] code`")
    assert re.findall(r"<input[^>]*>", rendered) == [
        '<input type="checkbox" data-task="0">',
        '<input type="checkbox" data-task="1" checked="">',
    ]
    assert "<strong>two</strong>" in rendered


def test_numbers_people_and_addresses_become_links_outside_code() -> None:
    rendered = MARKDOWN.render("see #12 by @ana at https://a.example/x?y=1. Not `#13`, a&#35;4")
    assert '<a href="#/issue/12"' in rendered
    assert '<span class="mention">@ana</span>' in rendered
    assert '<a href="https://a.example/x?y=1"' in rendered
    assert "<code>#13</code>" in rendered
    assert rendered.count("<a ") == 2


def test_alignment_is_a_class_and_a_diff_has_colours() -> None:
    table = MARKDOWN.render("| a |\n|--:|\n| 1 |")
    assert '<td class="align-right">1</td>' in table
    assert "style=" not in table
    diff = MARKDOWN.render("```diff\n-old <b>\n+new\n```")
    assert '<span class="removed">-old &lt;b&gt;</span>' in diff
    assert '<span class="added">+new</span>' in diff
