"""Severity and trends: reasons are named, and more people never make it milder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.clusters.severity import assess, trend

NOW = 500_000
HOURS = st.dictionaries(st.integers(NOW - 200, NOW), st.integers(1, 50), max_size=40)


def steady(rate: int) -> dict[int, int]:
    return {NOW - hour: rate for hour in range(200)}


def test_nothing_points_to_harm() -> None:
    found = assess(texts=["Typo in the manual"])
    assert found.severity == "S4"
    assert found.reasons == ("nothing points to harm",)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("We lost all data after the upgrade", "data loss"),
        ("Login form allows SQL injection", "security"),
        ("Customers are charged twice at checkout", "payment"),
        ("The worker segfaults on start", "crash"),
    ],
)
def test_words_weigh_and_are_quoted(text: str, word: str) -> None:
    found = assess(texts=[text])
    assert found.severity in ("S2", "S3")
    assert word in found.reasons[0]


@pytest.mark.parametrize(
    "text", ["No data loss, only a wrong label", "This is not a security issue", "never crashes"]
)
def test_what_is_denied_does_not_weigh(text: str) -> None:
    assert assess(texts=[text]).severity == "S4"


def test_many_people_and_lost_data_is_the_worst() -> None:
    found = assess(texts=["Upload corrupts files"], people=140)
    assert found.severity == "S1"
    assert any("140 people" in reason for reason in found.reasons)


def test_a_spike_is_seen_and_said() -> None:
    counts = steady(2) | {NOW: 40}
    found = trend(counts, NOW)
    assert found.change == "spike"
    assert found.sentence == "44 times in the last 3 hours, where 6 would be usual"


def test_an_even_rate_is_steady_however_high() -> None:
    assert trend(steady(300), NOW).change == "steady"


def test_a_slow_rise_is_seen() -> None:
    counts = {NOW - hour: 1 for hour in range(24, 192)} | {NOW - hour: 4 for hour in range(24)}
    assert trend(counts, NOW).change == "rising"


@given(HOURS, st.integers(1, 400))
def test_more_people_never_make_it_milder(counts: dict[int, int], people: int) -> None:
    few = assess(texts=["x"], people=people, counts=counts, now=NOW).severity
    many = assess(texts=["x"], people=people * 10, counts=counts, now=NOW).severity
    assert many <= few
