"""Working days and delivery windows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

CUTOFF = time(14, 0)
FIRST_WINDOW = 8
LAST_WINDOW = 18
WINDOW_HOURS = 2
TRANSIT_DAYS = {"DE": 1, "AT": 2, "BE": 2, "NL": 2}


@dataclass(frozen=True)
class Window:
    """A span of hours on a day in which the parcel comes."""

    day: date
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y} {self.start:02d}:00 to {self.end:02d}:00"


def is_working_day(day: date, holidays: Collection[date] = ()) -> bool:
    """Monday to Friday, public holidays excepted."""
    return day.weekday() < 5 and day not in holidays


def next_working_day(day: date, holidays: Collection[date] = ()) -> date:
    """The first working day after a day."""
    day += timedelta(days=1)
    while not is_working_day(day, holidays):
        day += timedelta(days=1)
    return day


def add_working_days(day: date, count: int, holidays: Collection[date] = ()) -> date:
    """The day so many working days later; the same day for 0."""
    for _ in range(count):
        day = next_working_day(day, holidays)
    return day


def dispatch_day(ordered: datetime, holidays: Collection[date] = ()) -> date:
    """When an order leaves the house: the same working day when it came before the cutoff."""
    day = ordered.date()
    if is_working_day(day, holidays) and ordered.time() < CUTOFF:
        return day
    return next_working_day(day, holidays)


def delivery_day(ordered: datetime, country: str, holidays: Collection[date] = ()) -> date:
    """When an order arrives. An unknown country takes five working days."""
    transit = TRANSIT_DAYS.get(country, 5)
    return add_working_days(dispatch_day(ordered, holidays), transit, holidays)


def windows(day: date) -> list[Window]:
    """The windows a customer can choose from on a day, earliest first."""
    starts = range(FIRST_WINDOW, LAST_WINDOW, WINDOW_HOURS)
    return [Window(day, start, start + WINDOW_HOURS) for start in starts]
