"""Which lines of a comment are commands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples
from steps import growth

from bot.domain.commands.markdown_lines import command_lines, new_lines

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
        f"- {FIX}",
        f"1. {FIX}",
        f"# {FIX}",
        f"- ```\n  {FIX}\n  ```",
        "/soulcasterfix C-1",
        "/scissors",
        "@soulcaster-fan hello",
        "/scp a b",
        f"| {FIX} |\n|---|",
    ],
)
def test_these_are_no_commands(markdown: str) -> None:
    assert command_lines(markdown) == []


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
    assert all(line in lines for line in command_lines(markdown))


@pytest.mark.parametrize("part", ["`", "` ", "``` ", "[", "<!-- ", "*_", "> ", "- ", "\\"])
def test_a_hostile_comment_takes_no_more_than_its_length(part: str) -> None:
    def read(size: int) -> None:
        command_lines(f"{FIX}\n{part * (size // len(part))}")

    assert growth(read, 500) < 2.5
    read(60_000)
