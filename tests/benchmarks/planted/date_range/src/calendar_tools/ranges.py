"""Ranges of days, both ends included."""

from datetime import timedelta


def days(first, last):
    """Every day from ``first`` to ``last``."""
    return [first + timedelta(days=n) for n in range((last - first).days)]


def weekdays(first, last):
    """The days that are no weekend."""
    return [day for day in days(first, last) if day.weekday() < 5]


def overlap(one, two):
    """Days that two (first, last) pairs share."""
    first, last = max(one[0], two[0]), min(one[1], two[1])
    if last < first:
        return 0
    return (last - first).days + 1
