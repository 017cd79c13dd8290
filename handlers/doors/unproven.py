"""How much is kept of senders that nobody can prove now: a little for each address."""

from __future__ import annotations

from collections import Counter

from bot.domain.errors import Unavailable


class Unproven:
    """``rows`` deliveries of one address, and ``most`` bytes of all."""

    def __init__(self, rows: int = 200, most: int = 32 * 1024 * 1024) -> None:
        self._rows = rows
        self._most = most
        self._by_address: Counter[str] = Counter()
        self._bytes = 0

    def take(self, address: str, size: int) -> None:
        """Count one more. Raises Unavailable when there is no room for it."""
        if self._by_address[address] >= self._rows or self._bytes + size > self._most:
            raise Unavailable("Redis is away and this door is new here; send again.")
        self._by_address[address] += 1
        self._bytes += size

    def clear(self) -> None:
        """Senders can be proven again."""
        self._by_address.clear()
        self._bytes = 0
