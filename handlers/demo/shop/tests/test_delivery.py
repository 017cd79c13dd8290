from datetime import date, datetime

from shop.delivery import add_working_days, delivery_day, dispatch_day, windows

FRIDAY = date(2026, 3, 6)
MONDAY = date(2026, 3, 9)


def test_working_days_skip_weekends_and_holidays():
    assert add_working_days(FRIDAY, 1) == MONDAY
    assert add_working_days(FRIDAY, 0) == FRIDAY
    assert add_working_days(FRIDAY, 1, holidays=[MONDAY]) == date(2026, 3, 10)


def test_an_order_before_the_cutoff_leaves_the_same_day():
    assert dispatch_day(datetime(2026, 3, 6, 13, 59)) == FRIDAY
    assert dispatch_day(datetime(2026, 3, 6, 14, 0)) == MONDAY


def test_delivery_takes_longer_abroad():
    ordered = datetime(2026, 3, 5, 9, 0)
    assert delivery_day(ordered, "DE") == FRIDAY
    assert delivery_day(ordered, "AT") == MONDAY


def test_windows_of_a_day():
    found = windows(FRIDAY)
    assert len(found) == 5
    assert str(found[0]) == "06.03.2026 08:00 to 10:00"
    assert found[-1].end == 18
