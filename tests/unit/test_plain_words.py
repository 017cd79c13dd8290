"""Plain words that are a sentence of the grammar, and those that are none."""

from __future__ import annotations

import pytest

from bot.domain.commands.grammar import project_in
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
        ("fix is in", ""),  # that tells, and orders nothing
        ("the fix was in 1.2", ""),
        ("digest now", "digest now"),
        ("feedback the footer is upside down", ""),  # words of one's own are no order in passing
        ("thanks!", ""),
        ("", ""),
        ("please " * 400, ""),
    ],
)
def test_what_plain_words_mean(said: str, meant: str) -> None:
    assert plain_words.sentence(said) == meant


@pytest.mark.parametrize(
    ("text", "lines", "asked"),
    [
        ("status C-1\nresolve C-2", ["status C-1", "resolve C-2"], False),
        ("resolve C-2\nIt works for me", ["help"], True),
        ("Hi,\nresolve\nwas what Bo said", ["help"], True),
        ("fix is in", ["help"], True),
        ("fix is in 1.2", ["help"], True),
        ("feedback The page is blank\nresolve is greyed out", None, False),
        ("S9 it is", ["S9 it is"], False),  # told what is wrong with it
        ("digest now", ["digest now"], False),
        ("please resolve this", ["resolve"], True),
        ("please fix this -- the parser", ["fix this -- the parser"], True),
    ],
)
def test_what_is_said_to_us_alone(text: str, lines: list[str] | None, asked: bool) -> None:
    event = {"user": "U1", "channel": "D1", "ts": "1.0", "channel_type": "im", "text": text}
    said = slack._message({"event": event, "event_id": "E1", "team_id": "T1"})
    assert said is not None
    assert [project_in(line)[1] for line in said.lines] == (lines or [text])
    assert said.asked == asked


@pytest.mark.parametrize("text", ["<@UBOT> fix is in 1.2", "<@UBOT>: fix is in"])
def test_who_tells_of_a_fix_asks_for_none(text: str) -> None:
    event = {"user": "U1", "channel": "C1", "ts": "1.0", "text": text}
    body = {"event": event, "event_id": "E1", "team_id": "T1"}
    said = slack._mention({**body, "authorizations": [{"user_id": "UBOT"}]})
    assert said is not None
    assert (project_in(said.lines[0])[1], said.asked) == ("help", True)


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
