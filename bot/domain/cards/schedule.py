"""When a digest goes out: ``mon-fri 09:00 Europe/Paris``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.errors import NotUnderstood

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DEFAULT = "mon-fri 09:00 UTC"
EXAMPLE = 'Example: digest schedule "mon-fri 09:00 Europe/Paris"'


@dataclass(frozen=True, slots=True)
class Schedule:
    """Week days (0 is Monday), a local time, and its zone."""

    days: frozenset[int]
    at: time
    zone: ZoneInfo

    def after(self, moment: datetime, count: int = 1) -> list[datetime]:
        """The next ``count`` times after an aware moment, in UTC."""
        found: list[datetime] = []
        day = moment.astimezone(self.zone).date()
        while len(found) < count:
            due = datetime.combine(day, self.at, self.zone).astimezone(UTC)
            if day.weekday() in self.days and due > moment:
                found.append(due)
            day += timedelta(days=1)
        return found


def read_schedule(words: str) -> Schedule:
    """Days, time, zone. Raises NotUnderstood with an example."""
    match = re.fullmatch(
        r"\s*(daily|[a-z]{3}(?:[-,][a-z]{3})*)\s+(\d{1,2}):(\d{2})(?:\s+(\S+))?\s*", words, re.I
    )
    if not match:
        raise NotUnderstood(f'I don\'t understand the schedule "{words[:60]}". {EXAMPLE}')
    days, hour, minute, zone = match.groups()
    try:
        return Schedule(
            frozenset(_days(days.lower())), time(int(hour), int(minute)), ZoneInfo(zone or "UTC")
        )
    except ZoneInfoNotFoundError:
        raise NotUnderstood(f'I know no time zone "{zone}". {EXAMPLE}') from None
    except ValueError as error:
        raise NotUnderstood(f"{error}. {EXAMPLE}") from None


def _days(words: str) -> set[int]:
    if words == "daily":
        return set(range(7))
    chosen: set[int] = set()
    for part in words.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise ValueError(f'"{part}" is no day')
        start = DAYS.index(first)
        span = (DAYS.index(last) - start) % 7 if last else 0
        chosen |= {(start + offset) % 7 for offset in range(span + 1)}
    return chosen
