"""Occurrences day by day, and the picture that GitHub draws of them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from factories_cards import tally_of

from bot.domain.cards.sparkline import chart
from bot.domain.cards.views.digest import DAYS, Board

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
HOUR = int(NOW.timestamp() // 3600)


def test_an_hour_is_counted_on_its_own_day_and_what_is_old_on_none() -> None:
    seen = {0: 900, HOUR: 1, HOUR - 1: 2, HOUR - 24: 4, HOUR - 24 * DAYS: 8}
    days = tally_of([], seen).days(NOW, DAYS)
    assert next(iter(days)) == date(2026, 2, 17)
    assert list(days)[-2:] == [date(2026, 3, 1), date(2026, 3, 2)]
    assert list(days.values()) == [0] * 12 + [6, 1]


def test_each_bar_of_a_trend_has_a_number_of_its_own_in_every_month() -> None:
    for month in range(1, 13):
        days = tally_of([], {}).days(datetime(2026, month, 1, tzinfo=UTC), DAYS)
        assert len({day.day for day in days}) == DAYS


def test_what_was_seen_on_one_day_is_no_trend() -> None:
    for seen, trends in (({HOUR: 9}, False), ({HOUR: 9, HOUR - 30: 1}, True), ({}, False)):
        days = tally_of([], seen).days(NOW, DAYS)
        board = Board([], [], open=0, new=0, reports=0, day=[], days=days)
        assert board.trends is trends


def test_a_picture_begins_at_zero_and_has_a_height() -> None:
    picture = chart(["1 Mar", "2"], [0, -3], "seen")
    assert picture.splitlines()[2:] == [
        '    x-axis ["1 Mar", "2"]',
        '    y-axis "seen" 0 --> 1',
        "    bar [0, 0]",
    ]
