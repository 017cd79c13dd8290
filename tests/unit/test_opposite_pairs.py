"""Pairs that somebody wrote who had not seen the code: what is opposed is never joined unasked."""

from __future__ import annotations

import asyncio

import pytest
from told_stories import pairs, read_lines

from bot.adapters.embedders.hashing import Hashing

LINES, SPOKEN = read_lines("opposites"), read_lines("languages")


@pytest.mark.parametrize("source", ["github", "manual"])
def test_no_opposite_is_joined_even_eagerly(source: str) -> None:
    opposite = [line for line in LINES if "same" not in line]
    joined = asyncio.run(pairs(Hashing(), opposite, source))
    assert [
        line["kind"] for line, told in zip(opposite, joined, strict=True) if told.rank != 1
    ] == []
    assert [
        line["kind"] for line, told in zip(opposite, joined, strict=True) if told.cluster == 31
    ] == []


def test_other_languages_are_found() -> None:
    for within, least in ((False, 14), (True, 18)):
        asked = [line for line in SPOKEN if line.get("within", False) == within]
        found = asyncio.run(pairs(Hashing(), asked, "manual"))
        assert sum(1 <= told.rank <= 5 for told in found) >= least
