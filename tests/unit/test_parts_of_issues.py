"""Our part of an issue, between marks that anybody may type, quote or take away."""

import pytest

from bot.domain.audience import Audience
from bot.domain.cards.card import note
from bot.render import part_of, replace_part, without_part
from bot.render.sections import without_parts

KEY = "problem:C-1"


def part(words, key=KEY):
    return part_of(note(key, words, audience=Audience.PUBLIC), headed=True)


START, *_, END = part("x").split("\n")
THEIRS = {
    "no end": f"{START}\nours once\n\nMy words.",
    "a mark in a sentence": f"What is {START} for?\n\nMy words.",
    "a mark that is quoted": f"> {START}\n\nMy words.",
    "an end before": f"{END}\n\nMy words.",
    "the end of another is gone": part("other", "digest").removesuffix(END) + "\n\nMy words.",
    "all of it quoted": "\n".join(f"> {line}" for line in part("x").split("\n")) + "\n\nMy words.",
}


@pytest.mark.parametrize("theirs", THEIRS.values(), ids=THEIRS)
def test_what_people_write_stays_whatever_marks_of_ours_stand_in_it(theirs):
    body = theirs
    for words in ("first", "second", "third"):
        body = replace_part(body, part(words))
        assert body == f"{theirs}\n\n{part(words)}"
    body += "\n\nMore of mine."
    assert replace_part(body, part("fourth")) == f"{theirs}\n\n{part('fourth')}\n\nMore of mine."
    assert without_part(body, KEY) == f"{theirs}\n\nMore of mine."
    assert without_parts(body) == f"{theirs}\n\n\n\nMore of mine."
    assert without_part(theirs, KEY) == theirs


def test_an_editor_s_line_ends_change_nothing():
    body = f"Mine.\n\n{part('first')}\n".replace("\n", "\r\n")
    assert replace_part(body, part("second")) == f"Mine.\r\n\r\n{part('second')}\r\n"
    assert without_parts(body) == "Mine."
