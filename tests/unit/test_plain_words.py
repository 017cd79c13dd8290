"""Plain words that are a sentence of the grammar, and those that are none."""

from __future__ import annotations

import pytest

from bot.domain.commands.words import typed
from workers.hearing import plain_words, slack


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


@pytest.mark.parametrize("filling", ["\n", "\n ", " ", "<http://", "<@UBOT|", "<@UBOT"])
def test_a_text_of_any_length_is_read_in_one_pass(filling: str) -> None:
    text = filling * 200_000  # with a square of it this would take minutes
    event = {"user": "U1", "channel": "D1", "ts": "1.0", "channel_type": "im", "text": f"{text}y"}
    authorizations = [{"user_id": "UBOT"}]
    body = {"event": event, "event_id": "E1", "team_id": "T1", "authorizations": authorizations}
    assert slack._READ["mention"](body) is not None
    assert slack._READ["message"](body) is not None
    assert typed(text).startswith(filling[0])
