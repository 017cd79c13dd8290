from datetime import date

from calendar_tools.ranges import days, overlap, weekdays


def test_days():
    assert days(date(2024, 2, 28), date(2024, 3, 1)) == [
        date(2024, 2, 28),
        date(2024, 2, 29),
        date(2024, 3, 1),
    ]


def test_weekdays():
    assert len(weekdays(date(2024, 5, 6), date(2024, 5, 12))) == 5


def test_overlap():
    assert overlap((date(2024, 1, 1), date(2024, 1, 5)), (date(2024, 1, 4), date(2024, 2, 1))) == 2
    assert overlap((date(2024, 1, 1), date(2024, 1, 2)), (date(2024, 1, 4), date(2024, 2, 1))) == 0
