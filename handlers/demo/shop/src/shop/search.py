"""Slugs and product search."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from shop.catalog import Product

NAME_WEIGHT = 3
DESCRIPTION_WEIGHT = 1

_WORD = re.compile(r"[a-z0-9]+")
_SPELLED_OUT = str.maketrans({"ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "&": " and "})


def words(text: str) -> list[str]:
    """Lower-case ASCII words of a text: ``Grüne Tasse`` is ``gruene``, ``tasse``."""
    composed = unicodedata.normalize("NFC", text.lower()).translate(_SPELLED_OUT)
    plain = unicodedata.normalize("NFKD", composed).encode("ascii", "ignore").decode()
    return _WORD.findall(plain)


def slugify(text: str, limit: int = 60) -> str:
    """The part of an address that names a product; cut at a word where it is too long."""
    slug = ""
    for word in words(text):
        longer = f"{slug}-{word}" if slug else word
        if len(longer) > limit:
            break
        slug = longer
    return slug


def unique_slug(text: str, taken: Iterable[str]) -> str:
    """A slug that nothing else has: ``mug``, ``mug-2``, ``mug-3``."""
    known = set(taken)
    slug = slugify(text) or "product"
    candidate, number = slug, 1
    while candidate in known:
        number += 1
        candidate = f"{slug}-{number}"
    return candidate


def score(product: Product, query: list[str]) -> int:
    """How well a product answers a query; 0 unless every word is found."""
    name, description = set(words(product.name)), set(words(product.description))
    total = 0
    for word in query:
        if word in name:
            total += NAME_WEIGHT
        elif word in description:
            total += DESCRIPTION_WEIGHT
        else:
            return 0
    return total


def search(products: Iterable[Product], query: str) -> list[Product]:
    """Products that have every word of the query, best first, then by name."""
    wanted = words(query)
    scored = [(score(product, wanted), product) for product in products]
    found = [(points, product) for points, product in scored if points > 0]
    found.sort(key=lambda pair: (-pair[0], pair[1].name))
    return [product for _, product in found]
