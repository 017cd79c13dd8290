"""Digest schedules."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cards.schedule import read_quiet, read_schedule
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


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-23T20:59", None),
        ("2026-11-23T21:00", "2026-11-24T06:00"),  # 22:00 in Paris
        ("2026-11-24T05:59", "2026-11-24T06:00"),
        ("2026-11-24T06:00", None),
        ("2027-03-27T22:00", "2027-03-28T05:00"),  # the clocks go forward that night
    ],
)
def test_quiet_is_over_at_its_end_in_its_zone(at: str, until: str | None) -> None:
    quiet = read_quiet("22:00-07:00 Europe/Paris")
    found = quiet.until(datetime.fromisoformat(f"{at}+00:00"))
    assert found == (datetime.fromisoformat(f"{until}+00:00") if until else None)


def test_quiet_within_a_day() -> None:
    quiet = read_quiet("12:00-13:00")
    noon = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
    assert quiet.until(noon) == noon.replace(hour=13, minute=0)
    assert quiet.until(noon.replace(hour=11)) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("at night", '"at night" is no time of quiet.'),
        ("22:00-25:00", "hour must be in 0..23."),
        ("22:00-07:00 Europe/Pari", 'I know no time zone "Europe/Pari".'),
    ],
)
def test_a_wrong_time_of_quiet_is_named(words: str, said: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        read_quiet(words)
    assert str(refused.value).startswith(said)


def test_a_time_is_shown_in_its_zone() -> None:
    schedule = read_schedule("daily 09:00 Europe/Paris")
    [due] = schedule.after(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    assert schedule.shown(due) == ("Tue 24 Nov 09:00 Europe/Paris (08:00 UTC)",)
