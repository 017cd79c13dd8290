"""How long a door may be silent, by its own rhythm: nobody says how often something should come."""

from collections.abc import Mapping
from itertools import pairwise
from math import ceil

DAY, WEEK = 24, 7 * 24
# What has to have come, and on how many days, before there is a rhythm.
LEAST, LEAST_DAYS = 20, 3
# Until a whole week is known a weekend may be ahead: Friday evening to Monday morning.
WEEKEND = 72


def patience_left(counts: Mapping[int, int], now: float, *, listening_since: float = 0) -> float:
    """In how many hours a silence may be out of rhythm; 0 or less: it is. Without one, in a day.
    ``counts`` says by the hour since 1970 how much came in the last weeks; ``now`` and
    ``listening_since``, before which nobody would have heard anything, are such hours, too. A
    silence is out of rhythm when it is eight times as long as 19 of 20 pauses were, or twice as
    long as any, unless an earlier week had the same."""
    hours = sorted(hour for hour, count in counts.items() if count)
    if sum(counts.values()) < LEAST or len({hour // DAY for hour in hours}) < LEAST_DAYS:
        return DAY
    pauses = sorted(later - earlier for earlier, later in pairwise(hours))
    # Two hours at least: what came may have come at the end of its hour.
    patience = min(8 * pauses[ceil(0.95 * len(pauses)) - 1], 2 * pauses[-1])
    last = hours[-1]
    if hours[0] > last - WEEK:
        patience = max(patience, WEEKEND)
    left = patience - (now - max(last, listening_since))
    return 1.0 if left <= 0 and _was_so_before(hours, range(last + 1, int(now))) else left


def _was_so_before(hours: list[int], silence: range) -> bool:
    """Whether nothing came in the same hours of one of the weeks before, either."""
    came = set(hours)
    return any(
        hours[0] < silence.start - back and came.isdisjoint(hour - back for hour in silence)
        for back in (WEEK, 2 * WEEK, 3 * WEEK)
    )
