"""Stock: what is there, what is promised, what to reorder."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


class OutOfStock(ValueError):
    """Fewer are available than were asked for."""


class Stock:
    """Pieces by SKU. Reserved pieces are still in the house, and promised to somebody."""

    def __init__(self, on_hand: Mapping[str, int] | None = None) -> None:
        self._on_hand = dict(on_hand or {})
        self._reserved: dict[str, int] = {}

    def available(self, sku: str) -> int:
        """Pieces that can still be sold."""
        return self._on_hand.get(sku, 0) - self._reserved.get(sku, 0)

    def receive(self, sku: str, pieces: int) -> None:
        """A delivery came in."""
        self._on_hand[sku] = self._on_hand.get(sku, 0) + pieces

    def reserve(self, sku: str, pieces: int) -> None:
        """Promise pieces to an order. Raises OutOfStock."""
        if pieces > self.available(sku):
            raise OutOfStock(f"{sku}: {self.available(sku)} left")
        self._reserved[sku] = self._reserved.get(sku, 0) + pieces

    def release(self, sku: str, pieces: int) -> None:
        """An order was cancelled: its pieces can be sold again."""
        if pieces > self._reserved.get(sku, 0):
            raise ValueError(f"{sku}: not so many are reserved")
        self._reserved[sku] -= pieces

    def ship(self, sku: str, pieces: int) -> None:
        """Reserved pieces left the house."""
        self.release(sku, pieces)
        self._on_hand[sku] -= pieces

    def to_reorder(self, sales: Mapping[str, Sequence[int]], lead_days: int) -> list[str]:
        """SKUs to order now, in alphabetical order, from the pieces sold on each past day."""
        return sorted(
            sku
            for sku, daily_sales in sales.items()
            if self.available(sku) < reorder_level(daily_sales, lead_days)
        )


def average_daily_sales(daily_sales: Sequence[int]) -> float:
    """Pieces sold a day, on average."""
    return sum(daily_sales) / len(daily_sales)


def reorder_level(daily_sales: Sequence[int], lead_days: int, safety_days: int = 2) -> int:
    """Pieces that must be there to last until a new delivery comes, and a bit longer."""
    return math.ceil(average_daily_sales(daily_sales) * (lead_days + safety_days))
