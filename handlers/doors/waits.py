"""Whoever sends wrong secrets waits, longer each time."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from bot.domain.errors import TooMany

MOST_KEPT = 10_000
LONGEST = 300.0


@dataclass(slots=True)
class _Wrong:
    times: int = 0
    until: float = 0.0


class Waits:
    """``free`` wrong secrets by door and address, then a wait that doubles, up to five minutes.

    Times are seconds of any clock that only goes forward. Those heard of longest ago are forgotten.
    """

    def __init__(self, free: int) -> None:
        self._free = free
        self._wrong: OrderedDict[tuple[str, str], _Wrong] = OrderedDict()

    def check(self, door: str, address: str, now: float) -> None:
        """Raise TooMany while this address has to wait at this door."""
        known = self._wrong.get((door, address))
        if known is not None and now < known.until:
            raise TooMany(known.until - now)

    def wrong(self, door: str, address: str, now: float) -> None:
        """Count a wrong secret. Raise TooMany when it was one too many, or comes too early."""
        self.check(door, address, now)
        key = (door, address)
        known = self._wrong.setdefault(key, _Wrong())
        self._wrong.move_to_end(key)
        if len(self._wrong) > MOST_KEPT:
            self._wrong.popitem(last=False)
        known.times += 1
        if known.times > self._free:
            wait = min(2.0 ** min(known.times - self._free - 1, 16), LONGEST)
            known.until = now + wait
            raise TooMany(wait)

    def right(self, door: str, address: str) -> None:
        """Whoever knows the secret starts anew."""
        self._wrong.pop((door, address), None)

    def __len__(self) -> int:
        return len(self._wrong)
