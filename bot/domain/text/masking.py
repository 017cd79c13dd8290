"""Hides what differs between two reports of the same problem."""

import re
from collections.abc import Collection
from functools import cache

_PARTS = (
    # The order decides: the longer and more particular forms come first.
    ("url", r"\b[a-z][a-z0-9+.-]{1,15}://[^\s<>\"'`)\]]+"),
    ("email", r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    ("uuid", r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    (
        "time",
        r"\b\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[T ]\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?)?"
        r"(?:Z|\s?[+-]\d\d:?\d\d)?\b"
        r"|\b(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct"
        r"|nov|dec)[a-z]*\s+\d{1,2}(?:,?\s+\d{4})?(?:\s+\d{1,2}:\d\d(?::\d\d)?)?\b"
        r"|\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?\b",
    ),
    ("ip", r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b"),
    ("path", r"(?<![\w.])(?:[a-z]:)?(?:[\\/][\w.@%+~$-]+){2,}[\\/]?|(?<!\w)~?/[\w.-]+/[\w./-]*"),
    ("hex", r"\b0x[0-9a-f]+\b|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,64}\b"),
    ("id", r"\b[a-z]+(?:[_-][a-z]+)*_-?\d[\w-]*"),
    ("num", r"(?<![a-z_\d])[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?(?![a-z_])"),
)
_NEEDED = re.compile(r"[\d/\\@]")  # nothing to mask without one of these


@cache
def _any_of(*there: bool) -> re.Pattern[str]:
    """A kind whose sign is not there is not looked for; the other kinds have none."""
    signs = dict(zip(("url", "email", "uuid", "ip", "path"), there, strict=True))
    parts = (f"(?P<{name}>{pattern})" for name, pattern in _PARTS if signs.get(name, True))
    return re.compile("|".join(parts), re.IGNORECASE)


def mask(text: str, keep: Collection[str] = ()) -> str:
    """``text`` with urls, addresses, ids, hex, times, paths and numbers as ``<kind>``. Kinds in
    ``keep`` stay as they are."""

    def shown(match: re.Match[str]) -> str:
        return match[0] if match.lastgroup in keep else f"<{match.lastgroup}>"

    if not _NEEDED.search(text):
        return text
    dotted, slashed = "." in text or ":" in text, "/" in text or "\\" in text
    kinds = _any_of("://" in text, "@" in text, "-" in text, dotted, slashed)
    return kinds.sub(shown, text)
