"""Products from a spreadsheet saved as text."""

import csv
import io

REQUIRED = ("sku", "name", "price")


class ImportProblem(Exception):
    """The file cannot be read."""


def read_products(text):
    """One dictionary a row; blanks around headers and cells do not count."""
    rows = list(csv.reader(io.StringIO(text)))
    if not rows:
        raise ImportProblem("the file is empty")
    header = [cell.lower() for cell in rows[0]]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise ImportProblem("missing: " + ", ".join(missing))
    products = []
    for row in rows[1:]:
        if not any(cell.strip() for cell in row):
            continue
        product = dict(zip(header, (cell.strip() for cell in row)))
        product["price"] = round(float(product["price"]) * 100)
        products.append(product)
    return products
