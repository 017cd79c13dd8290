"""A secret is typed into a form, a modal or a prompt, never into a line that others may read: the
line that is obeyed carries a word that stands for it in the vault."""

import re

_ASKS = re.compile(
    r"(?:/\S+\s+)?(?:[\w.-]+/[\w.-]+\s+)?(source\s+secret|key\s+set)\s+([\w:-]+)", re.I
)


def wants_secret(line: str) -> str:
    """What is to be asked for now, as ``secret of sentry`` or ``key of openai``; "" for a line that
    is about none."""
    found = _ASKS.fullmatch(line.strip())
    if not found:
        return ""
    return f"{'key' if found[1][0] in 'kK' else 'secret'} of {found[2]}"
