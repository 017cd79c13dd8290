"""Products and the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


class UnknownProduct(LookupError):
    """No product has this SKU."""


@dataclass(frozen=True)
class Product:
    """Something we sell. ``price`` is net, in cents; ``weight`` is in grams."""

    sku: str
    name: str
    price: int
    weight: int = 0
    category: str = ""
    description: str = ""
    reduced_vat: bool = False

    def __post_init__(self) -> None:
        if self.price < 0:
            raise ValueError(f"{self.sku}: a price below zero")
        if self.weight < 0:
            raise ValueError(f"{self.sku}: a weight below zero")


class Catalog:
    """All products, by SKU, in the order in which they were added."""

    def __init__(self, products: Iterable[Product] = ()) -> None:
        self._products: dict[str, Product] = {}
        for product in products:
            self.add(product)

    def add(self, product: Product) -> None:
        """Add a product, or replace the one that has its SKU."""
        self._products[product.sku] = product

    def get(self, sku: str) -> Product:
        """The product with this SKU. Raises UnknownProduct."""
        try:
            return self._products[sku]
        except KeyError:
            raise UnknownProduct(sku) from None

    def in_category(self, category: str) -> list[Product]:
        """Products of a category, cheapest first."""
        found = [product for product in self if product.category == category]
        return sorted(found, key=lambda product: (product.price, product.name))

    def categories(self) -> list[str]:
        """Names of the categories that have products, in alphabetical order."""
        return sorted({product.category for product in self if product.category})

    def __iter__(self) -> Iterator[Product]:
        return iter(self._products.values())

    def __len__(self) -> int:
        return len(self._products)

    def __contains__(self, sku: object) -> bool:
        return sku in self._products
