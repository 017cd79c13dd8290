"""A customer's cart, and what they saved for later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shop.catalog import Product
from shop.pricing import bulk_price


class NotInCart(LookupError):
    """The cart has no line for this SKU."""


@dataclass(frozen=True)
class Line:
    """A product and how many of it."""

    product: Product
    quantity: int = 1

    @property
    def total(self) -> int:
        """Net price of the line in cents, at the bulk price."""
        return bulk_price(self.product.price, self.quantity) * self.quantity

    @property
    def weight(self) -> int:
        """Grams."""
        return self.product.weight * self.quantity


class Cart:
    """Lines in the order in which they were added, one a product."""

    def __init__(self, customer: str, lines: Iterable[Line] = (), saved: list[Line] = []) -> None:
        self.customer = customer
        self.lines = list(lines)
        self.saved = saved

    def add(self, product: Product, quantity: int = 1) -> None:
        """Put a product into the cart; more of one that is there already."""
        if quantity < 1:
            raise ValueError("add at least one")
        for position, line in enumerate(self.lines):
            if line.product.sku == product.sku:
                self.lines[position] = replace(line, quantity=line.quantity + quantity)
                return
        self.lines.append(Line(product, quantity))

    def change(self, sku: str, quantity: int) -> None:
        """Set how many; zero takes the line out. Raises NotInCart."""
        if quantity < 0:
            raise ValueError("a quantity below zero")
        for position, line in enumerate(self.lines):
            if line.product.sku == sku and quantity > 0:
                self.lines[position] = replace(line, quantity=quantity)
                return
        self.remove(sku)

    def remove(self, sku: str) -> None:
        """Take a line out. Raises NotInCart."""
        self._take(self.lines, sku)

    def save_for_later(self, sku: str) -> None:
        """Move a line to the customer's own list. Raises NotInCart."""
        self.saved.append(self._take(self.lines, sku))

    def restore(self, sku: str) -> None:
        """Move a saved line back into the cart. Raises NotInCart."""
        line = self._take(self.saved, sku)
        self.add(line.product, line.quantity)

    @property
    def subtotal(self) -> int:
        """Net price of everything in the cart, in cents."""
        return sum(line.total for line in self.lines)

    @property
    def weight(self) -> int:
        """Grams."""
        return sum(line.weight for line in self.lines)

    @property
    def count(self) -> int:
        """How many things are in the cart."""
        return sum(line.quantity for line in self.lines)

    @staticmethod
    def _take(lines: list[Line], sku: str) -> Line:
        for position, line in enumerate(lines):
            if line.product.sku == sku:
                return lines.pop(position)
        raise NotInCart(sku)
