"""A secret that a vendor makes is typed into a form, never into a line that others may read.

The form (a modal in Slack, a prompt in the shell) hands it to the vault, and the line that is
obeyed carries the word that stands for it there.
"""

from __future__ import annotations

import re

_ASKS = re.compile(r"(?:/\S+\s+)?(?:[\w.-]+/[\w.-]+\s+)?source\s+secret\s+([a-z]+)", re.IGNORECASE)


def wants_secret(line: str) -> str:
    """The source whose secret is to be asked for now; "" for a line that is about no secret."""
    found = _ASKS.fullmatch(line.strip())
    return found[1].lower() if found else ""
