"""When a door's silence is out of its rhythm: weeks of several doors, hour by hour."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from bot.domain.rhythm import DAY, WEEK, patience_left

# A Monday, 00:00 UTC, in hours since 1970.
MONDAY = 4 * DAY + 2900 * WEEK
Rhythm = Callable[[int], int]


def steady(hour: int) -> int:
    return 7


def weekdays(hour: int) -> int:
    return 5 * ((hour - MONDAY) // DAY % 7 < 5)


def office(hour: int) -> int:
    return weekdays(hour) * (9 <= hour % DAY < 17)


def nightly(hour: int) -> int:
    return hour % DAY == 3


@cache
def bursty(hour: int) -> int:
    """Some hours with much, and pauses as chance has them, ten hours on average."""
    return random.Random(hour).randrange(40) if random.Random(-hour).random() < 0.1 else 0


def told(rhythm: Rhythm, until: int) -> Counter[int]:
    """What came before ``until``, in hours from Monday."""
    return Counter({MONDAY + h: rhythm(MONDAY + h) for h in range(until)})


def said(rhythm: Rhythm, ends: int, weeks: int = 6) -> list[int]:
    """The hours at which it would be said, where the door ends for good; it is looked at hourly."""
    counts, found = Counter[int](), []
    for hour in range(weeks * WEEK):
        if patience_left(counts, MONDAY + hour) <= 0:
            found.append(hour)
        counts[MONDAY + hour] = rhythm(MONDAY + hour) * (hour < ends)
        counts.pop(MONDAY + hour - 4 * WEEK, None)
    return found


@pytest.mark.parametrize("rhythm", [steady, weekdays, office, nightly, bursty])
def test_of_a_door_that_speaks_as_ever_nothing_is_said(rhythm: Rhythm) -> None:
    assert said(rhythm, 6 * WEEK) == []


@pytest.mark.parametrize(
    ("rhythm", "ends", "within"),
    [
        (steady, 3 * WEEK, 2),
        (weekdays, 3 * WEEK + 2 * DAY, 8),
        (nightly, 3 * WEEK, 2 * DAY),
        # Longer than from Friday to Monday.
        (office, 3 * WEEK + 17, 130),
        (bursty, 4 * WEEK, WEEK),
    ],
)
def test_a_door_that_ends_is_soon_noticed(rhythm: Rhythm, ends: int, within: int) -> None:
    last = max(hour - MONDAY for hour, count in told(rhythm, ends).items() if count)
    first = said(rhythm, ends)[0] - last
    assert within / 4 <= first <= within


def test_a_silent_weekend_is_waited_for_before_one_was_heard() -> None:
    friday = 5 * DAY
    assert said(weekdays, friday, weeks=2)[0] - (friday - 1) == 72


def test_a_new_door_has_no_rhythm() -> None:
    much = Counter({MONDAY: 500, MONDAY + DAY: 500})
    few = Counter({MONDAY + day * DAY: 1 for day in range(19)})
    for counts in (Counter[int](), much, few):
        assert patience_left(counts, MONDAY + 20 * WEEK) == DAY


def test_what_nobody_could_hear_is_no_silence() -> None:
    counts, now = told(steady, 2 * WEEK), MONDAY + 2 * WEEK + 5
    assert patience_left(counts, now) < 0
    assert patience_left(counts, now, listening_since=now) == 2
