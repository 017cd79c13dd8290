"""A repair as a unified diff."""

from __future__ import annotations

import difflib


def unified(path: str, before: str, after: str) -> str:
    """The diff of one file, with git's prefixes and two lines of context."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm="", n=2
    )
    return "\n".join(lines)
