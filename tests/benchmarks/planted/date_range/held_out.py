from datetime import date

from calendar_tools.ranges import days, weekdays


def test_one_day():
    assert days(date(2024, 1, 1), date(2024, 1, 1)) == [date(2024, 1, 1)]


def test_none():
    assert days(date(2024, 1, 2), date(2024, 1, 1)) == []


def test_friday_counts():
    assert len(weekdays(date(2024, 5, 6), date(2024, 5, 10))) == 5
