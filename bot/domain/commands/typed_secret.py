"""A secret is typed into a form, a modal or a prompt, never into a line that others may read: the
line that is obeyed carries a word that stands for it in the vault."""

from __future__ import annotations

import re

_ASKS = re.compile(r"(?:/\S+\s+)?(?:[\w.-]+/[\w.-]+\s+)?source\s+secret\s+([\w:-]+)", re.I)


def wants_secret(line: str) -> str:
    """The door whose secret is to be asked for now; "" for a line that is about no secret."""
    found = _ASKS.fullmatch(line.strip())
    return found[1] if found else ""
