"""What a channel asked to hear: one small language, and every wrong word named."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cards.rule import DEFAULT, Problem, read_rule
from bot.domain.errors import NotUnderstood
from bot.domain.models import ClusterState

SOURCES = ("github", "sentry", "reddit")


def problem(**known: object) -> Problem:
    told = {
        "severity": "S2", "state": ClusterState.NEW, "event": "new",
        "sources": frozenset({"sentry", "reddit"}),
        "labels": frozenset({"needs info", "team: payments"}), "owner": "Ana",
    }  # fmt: skip
    return Problem(**{**told, **known})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        ("severity>=S2", True),
        ("severity >= s2", True),
        ("severity>S2", False),
        ("severity<=S2 and severity:S1,S2", True),
        ("severity<S2", False),
        ("severity!=S2", False),
        ("source:reddit", True),
        ("not source:reddit", True),  # sentry saw it, too
        ("not source:reddit and not source:sentry", False),
        ("source:github", False),
        ('label:"Needs info"', True),
        ("label:needs", False),
        ("team:payments", True),
        ("team:search", False),
        ("owner:@ana", True),
        ("owner=ana", True),
        ("state:open and not state:regressed", True),
        ("event:fix or event:new", True),
        ("event:fix", False),
        ("not (severity:S1 or severity:S2)", False),
        ("severity:S4 or severity:S2 and source:sentry", True),
        ("(severity:S4 or severity:S2) and source:github", False),
        (DEFAULT, True),
    ],
)
def test_a_rule_holds_for_what_it_says(words: str, holds: bool) -> None:
    assert read_rule(words, SOURCES).holds(problem()) is holds


@pytest.mark.parametrize(("event", "heard"), [("new", False), ("merged", True), ("held", True)])
def test_what_is_heard_unasked(event: str, heard: bool) -> None:
    assert read_rule(DEFAULT, SOURCES).holds(problem(severity="S3", event=event)) is heard


def test_what_only_reddit_saw_is_from_reddit() -> None:
    rule = read_rule("severity>=S2 and not source:reddit", SOURCES)
    assert not rule.holds(problem(sources=frozenset({"reddit"})))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("severity>=S9", '"S9" is no severity: S1 to S4.'),
        ("source:redit", '"redit" is no source: github, reddit, sentry.'),
        ("state:opne", '"opne" is no state: fixing, '),
        ("event:fixed", '"fixed" is no event: asked, fix, held, '),
        ("sevrity>=S2", '"sevrity>=S2" is no test of severity, source, '),
        ("everything", '"everything" is no test of severity, source, '),
        ("source>=reddit", "source>= is no test"),
        ("severity>=S1,S2", "severity>= is no test"),
        ("label:", "label wants a word behind it."),
        ("severity>=S2 and", "Something is missing at the end."),
        ("and severity>=S2", 'Something is missing before "and".'),
        ("(severity>=S2", 'A "(" is never closed.'),
        ("severity>=S2 source:reddit", '"source:reddit" wants "and" or "or" before it.'),
        ("severity>=S2 )", '")" wants "and" or "or" before it.'),
        ("", "Something is missing at the end."),
        ("not " * 30 + "severity:S1", "A rule is at most 20 deep."),
        ("severity:S1 or " * 60 + "severity:S2", "A rule has at most 500 characters."),
    ],
)
def test_the_wrong_word_is_named(words: str, said: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        read_rule(words, SOURCES)
    assert str(refused.value).startswith(said)


@given(st.text(alphabet='()"andortSs12:,>=! severitylabel', max_size=80))
def test_whatever_is_typed_is_a_rule_or_not_understood(words: str) -> None:
    with contextlib.suppress(NotUnderstood):
        read_rule(words, SOURCES).holds(problem())
