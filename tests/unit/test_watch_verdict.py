"""The verdict after a merge: the same time before and after, by source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.clusters.watch import judged
from bot.domain.models import Watch

MERGED = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
HOUR = int(MERGED.timestamp() // 3600)
WATCH = Watch(pull=45, since=MERGED, until=MERGED + timedelta(days=3))


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        ({"sentry": {-1: 40}}, "gone"),
        ({"sentry": {-1: 3}, "github": {-5: 1}}, "gone"),
        ({"sentry": {-1: 2}}, "not enough traffic"),
        ({}, "not enough traffic"),
        # As far back as it is watched, and no further.
        ({"sentry": {-73: 40}}, "not enough traffic"),
        ({"sentry": {-1: 40, 1: 2}}, "still there"),
        ({"sentry": {-1: 40, 1: 40}}, "still there"),
        ({"sentry": {-1: 40}, "datadog": {72: 1}}, "still there"),
        # In the hour of the merge nobody knows which came first; after the watch it is a return.
        ({"sentry": {-1: 40, 0: 9, 73: 9}}, "gone"),
    ],
)
def test_a_watch_is_judged_by_the_same_time_before_and_after(
    seen: dict[str, dict[int, int]], verdict: str
) -> None:
    hours = {s: {HOUR + hour: n for hour, n in told.items()} for s, told in seen.items()}
    assert judged(WATCH, hours).verdict == verdict


def test_a_source_that_says_it_is_over_is_believed() -> None:
    few = {"sentry": {HOUR - 1: 1}}
    assert judged(WATCH, few, over={"sentry"}).verdict == "gone"
    again = {"sentry": {HOUR - 1: 1, HOUR + 1: 1}}
    assert judged(WATCH, again, over={"sentry"}).verdict == "still there"


def test_an_alert_that_is_still_open_is_still_there() -> None:
    assert judged(WATCH, {"grafana": {HOUR - 1: 9}}, still_open=True).verdict == "still there"
