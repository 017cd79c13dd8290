"""GitHub's rate limits, as numbers to choose and counters to keep.

https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal

from bot.simulators.github.errors import DOCS, GitHubError

_PAGE = f"{DOCS}/using-the-rest-api/rate-limits-for-the-rest-api"
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """GitHub's own numbers by default. Points: a read is 1, a write is 5.

    ``wait`` is how a refusal says for how long: a ``Retry-After`` in seconds or, as HTTP allows,
    as a date; or not at all, and then a minute is meant.
    """

    requests_per_hour: int = 5_000
    anonymous_per_hour: int = 60
    content_per_minute: int = 80
    content_per_hour: int = 500
    points_per_minute: int = 900
    concurrent: int = 100
    wait: Literal["seconds", "date", "nothing"] = "seconds"

    @classmethod
    def none(cls) -> Limits:
        """So high that nobody meets them."""
        much = 1_000_000_000
        return cls(much, much, much, much, much, much)


@dataclass(eq=False, slots=True)
class Window:
    """The primary limit: so many requests an hour, until ``reset``, when it starts again."""

    limit: int
    used: int = 0
    reset: datetime | None = None

    def start(self, now: datetime) -> datetime:
        """Begin again if the time has come; when the present window ends."""
        if self.reset is None or now >= self.reset:
            self.used, self.reset = 0, now + _HOUR
        return self.reset

    def state(self, now: datetime) -> dict[str, int]:
        """As ``GET /rate_limit`` shows it."""
        reset = self.start(now)
        used = min(self.used, self.limit)
        return {
            "limit": self.limit,
            "used": used,
            "remaining": self.limit - used,
            "reset": int(reset.timestamp()),
        }

    def headers(self, now: datetime) -> dict[str, str]:
        """As each answer carries it."""
        state = {f"X-RateLimit-{k.title()}": str(v) for k, v in self.state(now).items()}
        return state | {"X-RateLimit-Resource": "core"}


@dataclass(eq=False, slots=True)
class Meter:
    """All the counters of one installation, or of the anonymous."""

    limits: Limits
    who: str
    core: Window = field(init=False)
    points: deque[tuple[datetime, int]] = field(default_factory=deque)
    content: deque[datetime] = field(default_factory=deque)
    active: int = 0

    def __post_init__(self) -> None:
        hourly = self.limits.requests_per_hour
        if not self.who.startswith("installation"):
            hourly = self.limits.anonymous_per_hour
        self.core = Window(hourly)

    def count(self, now: datetime, *, write: bool, content: bool) -> None:
        """Count one request. Raises the 403 that GitHub answers where a limit is reached."""
        self.core.start(now)
        if self.core.used >= self.core.limit:
            raise GitHubError(403, f"API rate limit exceeded for {self.who}.", docs=_PAGE)
        self._secondary(now, 5 if write else 1, content=content)
        self.core.used += 1

    def _secondary(self, now: datetime, cost: int, *, content: bool) -> None:
        while self.points and self.points[0][0] <= now - _MINUTE:
            self.points.popleft()
        while self.content and self.content[0] <= now - _HOUR:
            self.content.popleft()
        wait = None
        last_minute = [at for at in self.content if at > now - _MINUTE]
        if sum(points for _, points in self.points) + cost > self.limits.points_per_minute:
            wait = self.points[0][0] + _MINUTE - now
        elif content and len(self.content) >= self.limits.content_per_hour:
            wait = self.content[0] + _HOUR - now
        elif content and len(last_minute) >= self.limits.content_per_minute:
            wait = last_minute[0] + _MINUTE - now
        elif self.active > self.limits.concurrent:
            wait = timedelta(seconds=1)
        if wait is not None:
            raise secondary_limit(now, wait, self.limits.wait)
        self.points.append((now, cost))
        if content:
            self.content.append(now)


def secondary_limit(now: datetime, wait: timedelta, how: str) -> GitHubError:
    """The answer to somebody too fast: come back after that time."""
    seconds = max(1, math.ceil(wait.total_seconds()))
    date = (now + timedelta(seconds=seconds + 1)).astimezone(UTC)
    said = {"seconds": str(seconds), "date": format_datetime(date, usegmt=True)}
    return GitHubError(
        403,
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        headers={"Retry-After": said[how]} if how in said else {},
        docs=f"{_PAGE}#about-secondary-rate-limits",
    )
