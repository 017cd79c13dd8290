"""The customer's repository, as it is pushed to the simulated GitHub."""

from __future__ import annotations

from handlers.demo.reports import SHOP

_DROPPINGS = {"__pycache__", ".pytest_cache", ".hypothesis"}


def shop_files() -> dict[str, bytes]:
    """Path -> content, without what running the tests leaves behind."""
    return {
        path.relative_to(SHOP).as_posix(): path.read_bytes()
        for path in sorted(SHOP.rglob("*"))
        if path.is_file() and not _DROPPINGS & set(path.relative_to(SHOP).parts)
    }
