"""Slack's rate limits.

Source: https://docs.slack.dev/apis/web-api/rate-limits
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from bot.simulators.slack.errors import RateLimited


@dataclass(frozen=True)
class Limits:
    """How much is too much. ``burst`` posts at once are let through in a channel, then
    ``posts_a_second``; ``tiers`` switches on the limits a minute of every other method."""

    posts_a_second: float = 1.0
    burst: int = 4
    tiers: bool = True


class _Bucket:
    """A token bucket that starts full."""

    def __init__(self, size: float, a_second: float, now: float) -> None:
        self._size = size
        self._a_second = a_second
        self._left = size
        self._at = now

    def take(self, now: float) -> float:
        """Seconds to wait before the next is let through; 0 when this one is."""
        self._left = min(self._size, self._left + (now - self._at) * self._a_second)
        self._at = now
        if self._left < 1:
            return (1 - self._left) / self._a_second
        self._left -= 1
        return 0.0


class Meter:
    """Counts calls. ``tier`` is a method's calls a minute."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def post(self, channel: str) -> None:
        """One message into a channel. Raises RateLimited."""
        self._take(f"post:{channel}", self._limits.burst, self._limits.posts_a_second)

    def call(self, method: str, tier: int) -> None:
        """One call of a method. Raises RateLimited."""
        if self._limits.tiers:
            self._take(f"call:{method}", tier, tier / 60)

    def _take(self, key: str, size: float, a_second: float) -> None:
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(size, a_second, now))
        if wait := bucket.take(now):
            raise RateLimited(max(1, math.ceil(wait)))
