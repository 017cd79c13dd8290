"""Texts of our mails."""

from __future__ import annotations

from collections.abc import Sequence

from shop.delivery import Window
from shop.pricing import format_amount

CONFIRMED = "Hi {name}, thank you for your order {number} over {total}."
SHIPPED = "Hi {name}, your order {number} is on its way."
DELIVERED = "Hi {name}, your order {number} comes on {window}."
BACK_IN_STOCK = "Hi {name}, {products} can be ordered again."


def fill(template: str, name: str, number: str = "", **more: str) -> str:
    """A text for a customer; we greet by first name, or as a customer where we know none."""
    first_name = name.split()[0] if name.strip() else "customer"
    return template.format(name=first_name, number=number, **more)


def order_confirmed(name: str, number: str, total: int) -> str:
    """Sent when an order was paid; ``total`` is gross, in cents."""
    return fill(CONFIRMED, name, number, total=format_amount(total))


def order_shipped(name: str, number: str) -> str:
    """Sent when an order left the house."""
    return fill(SHIPPED, number, name)


def delivery_announced(name: str, number: str, window: Window) -> str:
    """Sent when the customer chose a window."""
    return fill(DELIVERED, name, number, window=str(window))


def back_in_stock(name: str, products: Sequence[str]) -> str:
    """Sent when products that a customer waits for came in."""
    return fill(BACK_IN_STOCK, name, products=listing(products))


def listing(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
