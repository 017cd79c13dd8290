"""Pages of a product list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")

GAP = 0


class PageNotFound(LookupError):
    """The list has no such page."""


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items of a list; pages are numbered from 1."""

    items: Sequence[Item]
    number: int
    pages: int

    @property
    def has_previous(self) -> bool:
        """There is a page before this one."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """There is a page after this one."""
        return self.number < self.pages


def page_count(total: int, per_page: int) -> int:
    """How many pages it takes to show everything; none for an empty list."""
    if per_page < 1:
        raise ValueError("at least one item a page")
    full, rest = divmod(total, per_page)
    return full + 1 if rest > 1 else full


def paginate(items: Sequence[Item], number: int, per_page: int = 24) -> Page[Item]:
    """One page of a list. Page 1 of an empty list is an empty page. Raises PageNotFound."""
    pages = page_count(len(items), per_page)
    if not 1 <= number <= max(pages, 1):
        raise PageNotFound(f"page {number} of {pages}")
    start = (number - 1) * per_page
    return Page(items[start : start + per_page], number, pages)


def page_links(number: int, pages: int, around: int = 2) -> list[int]:
    """Page numbers to link to: the first, the last, and some around this one.

    ``GAP`` stands where numbers were left out.
    """
    shown = {1, pages} | set(range(number - around, number + around + 1))
    links: list[int] = []
    for page in sorted(page for page in shown if 1 <= page <= pages):
        if links and page > links[-1] + 1:
            links.append(GAP)
        links.append(page)
    return links
