"""A repair as a unified diff, and in one line."""

from __future__ import annotations

import difflib


def unified(path: str, before: str, after: str) -> str:
    """The diff of one file, with git's prefixes and two lines of context."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm="", n=2
    )
    return "\n".join(lines)


def in_one_line(path: str, before: str, after: str) -> str:
    """What changed, for people: ``cart.py:10: `a > b` became `a >= b```."""
    old, new = before.splitlines(), after.splitlines()
    said = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new).get_opcodes():
        place = f"{path}:{i1 + 1}"
        gone, come = _shown(old[i1:i2]), _shown(new[j1:j2])
        if tag == "replace" and gone == come:
            said.append(f"{place}: {come} is indented otherwise")
        elif tag == "replace":
            said.append(f"{place}: {gone} became {come}")
        elif tag == "insert":
            said.append(f"{place}: {come} was added")
        elif tag == "delete":
            said.append(f"{place}: {gone} was removed")
    return "; ".join(said[:3])


def _shown(lines: list[str]) -> str:
    texts = [line.strip() for line in lines if line.strip()]
    text = " / ".join(texts[:2]) or "a blank line"
    return f"`{text[:100]}`" + (f" and {len(texts) - 2} more" if len(texts) > 2 else "")
