"""Which lines of a comment are commands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples
from steps import growth

from bot.domain.commands.markdown_lines import command_lines, new_lines
from bot.domain.commands.mention import asked, called
from workers.commands.verbs import ROSTER

FIX = "/soulcaster fix C-1"


@pytest.mark.parametrize(
    "markdown",
    [
        FIX,
        f"  {FIX}  ",
        f"Thanks!\n{FIX}",
        f"Thanks!\r\n\r\n{FIX}\r\n",
        f"{FIX}\nPlease.",
        f"- a list\n\n{FIX}",
        f"> quoted\n\n{FIX}",
        f"```\ncode\n```\n{FIX}",
        f"`code` and\n{FIX}",
        f"<!-- a comment -->\n\n{FIX}",
        f"a `span` over\n*words*\n{FIX}",
        f"\u200b{FIX}",
        f"- {FIX}",
        f"1. {FIX}",
        f"* [ ] {FIX}",
        f"**{FIX}**",
        "- **/soulcaster** fix C-1",
        f"Hey {FIX}",
        f"Hi all, {FIX}",
        f"cc {FIX}",
        "／soulcaster fix C-1",
        f"[a link](/url 'its title') and\n{FIX}",
        f"![a picture](/url)\n{FIX}",
        f"[words of a link\n{FIX}\nare shown](/url)",
    ],
)
def test_a_command_stands_first_on_its_line(markdown: str) -> None:
    assert command_lines(markdown) == [FIX]


@pytest.mark.parametrize(
    "markdown",
    [
        "",
        "nothing here",
        f"say {FIX}",
        f"`{FIX}`",
        f"``\n{FIX}\n``",
        f"```\n{FIX}\n```",
        f"```\n{FIX}",
        f"~~~sh\n{FIX}\n~~~",
        f"    {FIX}",
        f"\t{FIX}",
        f"> {FIX}",
        f"> quoted\n{FIX}",
        f">> deep\n> {FIX}",
        f"<!-- {FIX} -->",
        f"<!--\n{FIX}\n-->",
        f"text <!--\n{FIX}\n-->",
        f"<pre>\n{FIX}\n</pre>",
        f"# {FIX}",
        f"- ```\n  {FIX}\n  ```",
        f'[words](/url "a title\n{FIX}\nof three lines")',
        f'![a picture](/url "\n{FIX}\n")',
        f"![what it shows\n{FIX}\nfor who is blind](/url)",
        f'[words]\n\n[words]: /url "title\n{FIX}\n"',
        "/soulcasterfix C-1",
        "/scissors",
        "@soulcaster-fan hello",
        "ask me@soulcaster.io",
        "https://github.com/@soulcaster fix",
        "see `@soulcaster fix C-1`",
        "> thanks @soulcaster",
        "/scp a b",
        f"| {FIX} |\n|---|",
    ],
)
def test_these_are_no_commands(markdown: str) -> None:
    assert command_lines(markdown) == []


@pytest.mark.parametrize(
    ("markdown", "meant"),
    [
        ("I think @soulcaster should fix C-7, soon", "fix C-7"),
        ("Hey @soulcaster, can you look at this?", None),
        ("What does @soulcaster[bot] say?", ""),
        ("`code` and @soulcaster: status please", "status"),
        ("# To do: @soulcaster status C-3", "status C-3"),
        ("ask the bot, @soulcaster", ""),
        ("@soulcaster fix is in 1.2", "fix"),
        ("@soulcaster: plan was good", "plan"),
    ],
)
def test_who_names_the_bot_in_passing_is_asked(markdown: str, meant: str | None) -> None:
    [line] = command_lines(markdown)
    assert asked(line, ROSTER) == meant


def test_the_app_is_called_by_its_own_name() -> None:
    text = "@Acme-Triage status\n@acme-triage[bot] help\n@acme-triage-2 help\nx@acme-triage help"
    heard = ["@soulcaster status", "@soulcaster help"]
    assert command_lines(called(text, "acme-triage")) == heard
    assert called(text, "") == text


def test_several_lines_are_several_commands_at_most_ten() -> None:
    said = [f"/sc status C-{number}" for number in range(1, 15)]
    assert command_lines("\n".join(said)) == said[:10]
    assert command_lines("@soulcaster help\n\ntext\n\n/SC fix") == ["@soulcaster help", "/SC fix"]


def test_an_edit_runs_only_what_it_adds() -> None:
    before = f"{FIX}\n/sc status"
    assert new_lines(before, f"hello\n\n/sc  status \n{FIX}") == []
    assert new_lines(before, f"{before}\n/sc help") == ["/sc help"]
    assert new_lines(f"```\n{FIX}\n```", FIX) == [FIX]
    assert new_lines("", FIX) == [FIX]
    many = "\n".join(f"/sc status C-{number}" for number in range(1, 15))
    assert new_lines(many, many) == []


@examples(300)
@given(st.lists(st.sampled_from([FIX, "`", "```", "> ", "<!--", "-->", "\n", " ", "- ", "\\"])))
def test_every_command_found_is_a_line_of_the_source(parts: list[str]) -> None:
    markdown = "".join(parts)
    lines = [line.strip() for line in markdown.split("\n")]
    assert all(any(said in line for line in lines) for said in command_lines(markdown))


@pytest.mark.parametrize("part", ["`", "` ", "``` ", "[", "<!-- ", "*_", "> ", "- ", "\\"])
def test_a_hostile_comment_takes_no_more_than_its_length(part: str) -> None:
    def read(size: int) -> None:
        command_lines(f"{FIX}\n{part * (size // len(part))}")

    assert growth(read, 500) < 2.5
    read(60_000)
