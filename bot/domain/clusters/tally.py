"""How often and in what reports a problem was seen: sums that items bring and take along."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.domain.audience import Audience, may_read

HOUR = 3600
# Sources that are not spelled as their name here with a capital.
_SPELLED = ("BugSnag", "CloudWatch", "GitHub", "New Relic", "PagerDuty", "PostHog")
_NAMES = {name.replace(" ", "").lower(): name for name in _SPELLED}


def spelled(source: str) -> str:
    """``newrelic`` as people write it: ``New Relic``."""
    return _NAMES.get(source, source.capitalize())


@dataclass(frozen=True, slots=True)
class Tally:
    """Occurrences by hour since 1970, and reports by source and by who may read them. Hour 0 holds
    what is older than what is kept by the hour."""

    hours: Mapping[int, int]
    kinds: Mapping[tuple[str, Audience], int]

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            Counter(self.hours) + Counter(other.hours), Counter(self.kinds) + Counter(other.kinds)
        )

    @property
    def total(self) -> int:
        """Occurrences in all."""
        return sum(self.hours.values())

    @property
    def reports(self) -> int:
        """Reports in all."""
        return sum(self.kinds.values())

    def of(self, source: str) -> int:
        """How many reports are from there."""
        return sum(n for (name, _), n in self.kinds.items() if name == source)

    def hidden(self, readers: Audience) -> int:
        """How many reports ``readers`` may not read."""
        return sum(n for (_, audience), n in self.kinds.items() if not may_read(readers, audience))

    @property
    def sources(self) -> str:
        """``3 GitHub, 2 Sentry``; ``Sentry`` where all are from there."""
        counts: Counter[str] = Counter()
        for (source, _), n in self.kinds.items():
            counts[spelled(source)] += n
        one = len(counts) == 1
        return ", ".join(name if one else f"{n} {name}" for name, n in counts.most_common())

    def since(self, age: timedelta, now: datetime) -> int:
        """Occurrences in the last ``age``."""
        first = (now - age).timestamp() / HOUR
        return sum(n for hour, n in self.hours.items() if hour > first)

    def days(self, now: datetime, many: int) -> dict[date, int]:
        """Occurrences on each of the last ``many`` days (UTC), today last."""
        today = int(now.timestamp() // HOUR) // 24
        found = Counter[int]()
        for hour, n in self.hours.items():
            found[hour // 24] += n
        days = range(today - many + 1, today + 1)
        return {date(1970, 1, 1) + timedelta(days=day): found[day] for day in days}

    def day(self, now: datetime) -> list[int]:
        """Occurrences in each of the last 24 hours."""
        last = int(now.timestamp() // HOUR)
        return [self.hours.get(hour, 0) for hour in range(last - 23, last + 1)]
