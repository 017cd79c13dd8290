"""Plain words that are a sentence of the grammar, and those that are none."""

from __future__ import annotations

import pytest

from workers.hearing import plain_words


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (", status please", "status"),
        (", could you resolve it?", "resolve"),
        ("Hey, could you fix this please?", "fix"),
        ("please stop it!", "stop"),
        ("can you resolve C-12, thanks", "resolve C-12"),
        ("snooze 3d", "snooze 3d"),
        ("what's the status?", "status"),
        ("show me the clusters", "clusters"),
        ("Hi <@U07TOMBE02> please assign C-3 @sam", "assign C-3 @sam"),
        ("I will fix this tomorrow", ""),
        ("fix the tests first", ""),
        ("stop worrying about it", ""),
        ("feedback the footer is upside down", ""),  # words of one's own are no order in passing
        ("thanks!", ""),
        ("", ""),
        ("please " * 400, ""),
    ],
)
def test_what_plain_words_mean(said: str, meant: str) -> None:
    assert plain_words.sentence(said) == meant


def test_what_only_reads_needs_no_question() -> None:
    assert [plain_words.only_reads(said) for said in ("status C-1", "fix C-1", "")] == [
        True,
        False,
        False,
    ]
