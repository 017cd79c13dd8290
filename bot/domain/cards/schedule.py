"""When a digest goes out, ``mon-fri 09:00 Europe/Paris``, and when nothing does."""

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

    def shown(self, moment: datetime) -> tuple[str]:
        """A time of it in its zone, and in UTC where that differs, as a line."""
        local = moment.astimezone(self.zone)
        there = f"{local:%a %d %b %H:%M} {self.zone.key}"
        return (there if self.zone.key == "UTC" else f"{there} ({moment:%H:%M} UTC)",)


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


@dataclass(frozen=True, slots=True)
class Quiet:
    """A span of every day in its zone; one that ends before it begins ends the next day."""

    start: time
    end: time
    zone: ZoneInfo

    def until(self, moment: datetime) -> datetime | None:
        """When the quiet of an aware moment ends, in UTC; None where it is not quiet."""
        local = moment.astimezone(self.zone)
        at, over = local.time(), self.end < self.start
        inside = at >= self.start or at < self.end if over else self.start <= at < self.end
        if not inside:
            return None
        day = local.date() + timedelta(days=int(over and at >= self.start))
        return datetime.combine(day, self.end, self.zone).astimezone(UTC)


def read_quiet(words: str) -> Quiet:
    """``22:00-07:00 Europe/Paris``. Raises NotUnderstood with an example."""
    example = 'Example: quiet: "22:00-07:00 Europe/Paris"'
    pattern = r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})(?:\s+(\S+))?\s*"
    match = re.fullmatch(pattern, words)
    if not match:
        raise NotUnderstood(f'"{words[:60]}" is no time of quiet. {example}')
    try:
        start, end = (time(int(match[at]), int(match[at + 1])) for at in (1, 3))
        return Quiet(start, end, ZoneInfo(match[5] or "UTC"))
    except ZoneInfoNotFoundError:
        raise NotUnderstood(f'I know no time zone "{match[5]}". {example}') from None
    except ValueError as error:
        raise NotUnderstood(f"{error}. {example}") from None


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
