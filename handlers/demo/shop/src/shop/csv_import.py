"""The suppliers' product lists, as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field

from shop.catalog import Product
from shop.pricing import parse_amount

REQUIRED = ("sku", "name", "price")


class NotAProductList(ValueError):
    """A column that every product list needs is missing."""


@dataclass
class Imported:
    """What was read, and one line about each row that could not be."""

    products: list[Product] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def delimiter_of(header: str) -> str:
    """Some suppliers write semicolons."""
    return ";" if header.count(";") > header.count(",") else ","


def read_products(text: str) -> Imported:
    """Read a list with a header. Rows of a SKU seen before are problems, as are bad prices.

    Raises NotAProductList.
    """
    text = text.removeprefix("\ufeff")
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter_of(header))
    reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or []]
    missing = [name for name in REQUIRED if name not in reader.fieldnames]
    if missing:
        raise NotAProductList(f"missing columns: {', '.join(missing)}")

    imported = Imported()
    seen: set[str] = set()
    for row in reader:
        try:
            product = read_row(row)
            if product.sku in seen:
                raise ValueError(f"{product.sku} is there twice")
        except ValueError as problem:
            imported.problems.append(f"line {reader.line_num}: {problem}")
        else:
            seen.add(product.sku)
            imported.products.append(product)
    return imported


def read_row(row: dict[str, str | None]) -> Product:
    """One product. Raises ValueError."""
    cells = {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
    if not cells["sku"] or not cells["name"]:
        raise ValueError("no SKU or no name")
    return Product(
        sku=cells["sku"].upper(),
        name=cells["name"],
        price=parse_amount(cells["price"]),
        weight=int(cells.get("weight") or 0),
        category=cells.get("category", ""),
        description=cells.get("description", ""),
    )
