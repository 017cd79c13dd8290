"""Python source that may be anything."""

from __future__ import annotations

import ast


def parsed(text: str) -> ast.Module | None:
    """``text`` as a tree, None where it is no Python, or nested deeper than anything honest."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
