"""How long what is no record is kept."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import timedelta

# For so long a sender may hand over again what it sent: GitHub three days, Slack some hours.
REDELIVERY = timedelta(days=8)
_UNITS = {unit: timedelta(seconds=n) for unit, n in zip("dhms", (86400, 3600, 60, 1), strict=True)}


@dataclass(frozen=True, slots=True)
class Keep:
    """Counts by the ``hour``; ``evidence`` and what was drafted of clusters that are over;
    ``commands`` that have ended; where ``cards`` and threads are; ``logs`` of runs; ``parked``
    jobs; ``unreadable`` deliveries; all that is known of a repository that was ``removed``; so long
    ``interviews`` for an agent wait for the next word."""

    hours: timedelta = timedelta(days=90)
    evidence: timedelta = timedelta(days=365)
    commands: timedelta = timedelta(days=90)
    cards: timedelta = timedelta(days=90)
    logs: timedelta = timedelta(days=30)
    parked: timedelta = timedelta(days=30)
    unreadable: timedelta = timedelta(days=1)
    removed: timedelta = timedelta(days=7)
    interviews: timedelta = timedelta(hours=1)

    @classmethod
    def read(cls, words: str) -> Keep:
        """``hours=60d removed=12h``; what is not named stays as it is. Raises ValueError."""
        times = {}
        for pair in words.split():
            name, _, time = pair.partition("=")
            if name not in asdict(cls()) or not re.fullmatch(r"[1-9]\d{0,4}[dhms]", time):
                raise ValueError(f"wants times such as {cls()}, not {pair}")
            times[name] = int(time[:-1]) * _UNITS[time[-1]]
        keep = cls(**times)
        if keep.hours < timedelta(days=9):
            raise ValueError("hours wants 9d at least: a day is compared with the week before it")
        if keep.commands < max(REDELIVERY, keep.parked):
            raise ValueError(
                f"commands wants {_said(max(REDELIVERY, keep.parked))} at least: one that comes "
                "again, from its sender or from the parked, must not be obeyed again"
            )
        return keep

    def __str__(self) -> str:
        return " ".join(f"{name}={_said(time)}" for name, time in asdict(self).items())


def _said(time: timedelta) -> str:
    unit = next(unit for unit, one in _UNITS.items() if not time % one)
    return f"{time // _UNITS[unit]}{unit}"
