import calendar

from years import days_in_year, is_leap


def test_all():
    for year in range(1600, 2500):
        assert is_leap(year) == calendar.isleap(year)
    assert days_in_year(2400) == 366
