"""Digest schedules."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cards.schedule import read_schedule
from bot.domain.errors import NotUnderstood

MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)


def test_the_next_three_times_are_local_ones() -> None:
    times = read_schedule("mon-fri 09:00 Europe/Paris").after(MONDAY, 3)
    assert [f"{t:%a %H:%M}" for t in times] == ["Mon 08:00", "Tue 08:00", "Wed 08:00"]


def test_a_change_of_clocks_keeps_the_local_hour() -> None:
    before = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
    [first, second] = read_schedule("daily 09:00 Europe/Paris").after(before, 2)
    assert (f"{first:%d %H:%M}", f"{second:%d %H:%M}") == ("25 08:00", "26 08:00")


def test_days_may_be_listed_and_wrap_around() -> None:
    assert read_schedule("sat-mon,wed 07:05").days == {5, 6, 0, 2}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("soon", 'I don\'t understand the schedule "soon"'),
        ("mon 25:00", "hour must be in"),
        ("mon 09:00 Europe/Atlantis", 'I know no time zone "Europe/Atlantis"'),
        ("mon-xyz 09:00", '"mon-xyz" is no day'),
    ],
)
def test_what_is_wrong_is_said_with_an_example(words: str, said: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        read_schedule(words)
    assert said in str(caught.value)
    assert "Example: digest schedule" in str(caught.value)


@given(st.text(max_size=40))
def test_no_text_breaks_it(words: str) -> None:
    with contextlib.suppress(NotUnderstood):
        read_schedule(words)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))  # noqa: DTZ001
def test_times_come_after_and_in_order(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    times = read_schedule("tue,fri 02:30 America/New_York").after(moment, 4)
    assert moment < times[0] < times[1] < times[2] < times[3]
