"""Amounts in cents: reading, writing, percentages, bulk prices."""

from __future__ import annotations

import re

# From so many pieces on, so many percent off each.
BULK_DISCOUNTS = ((100, 15), (50, 10), (10, 5))

_AMOUNT = re.compile(r"(-?)(\d+)(?:[.,](\d{1,2}))?")


def parse_amount(text: str) -> int:
    """Cents of an amount as people write it: ``12``, ``12.5``, ``12,50``.

    Raises ValueError.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not an amount: {text!r}")
    sign, whole, part = match.groups()
    cents = int(whole) * 100 + int((part or "").ljust(2, "0"))
    return -cents if sign else cents


def format_amount(cents: int, currency: str = "EUR") -> str:
    """An amount for people: ``1234.50 EUR``."""
    sign = "-" if cents < 0 else ""
    whole, part = divmod(abs(cents), 100)
    return f"{sign}{whole}.{part:02d} {currency}"


def percent_off(price: int, percent: int) -> int:
    """A price after a discount, rounded to the nearest cent."""
    if not 0 <= percent <= 100:
        raise ValueError(f"not a percentage: {percent}")
    return price - round(price // 100 * percent)


def bulk_price(price: int, quantity: int) -> int:
    """The price of one piece when somebody buys so many."""
    for pieces, percent in BULK_DISCOUNTS:
        if quantity >= pieces:
            return percent_off(price, percent)
    return price


def price_range(prices: list[int]) -> str:
    """``12.00 EUR`` or ``from 12.00 EUR``; empty when there is no price."""
    if not prices:
        return ""
    lowest = format_amount(min(prices))
    return lowest if min(prices) == max(prices) else f"from {lowest}"
