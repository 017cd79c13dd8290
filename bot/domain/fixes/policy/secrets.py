"""Secrets in added lines: by their well-known shapes, or by what they are called and look like."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from bot.domain.fixes.patch import Change
from bot.domain.fixes.policy.rules import Finding, refuse
from bot.domain.secrets import tokens

_WORDS = re.compile(r"(?i)secret|token|pass|key|credential")
_ASSIGNED = re.compile(
    r"""(?ix)
    [\w.\-]{0,40} (secret|token|passw(or)?d|passphrase|api_?key|access_?key|private_?key|credential
        |client_?key|auth_?key|signing_?key|encryption_?key) [\w.\-]{0,40}
    ["']? \s{0,4} (?:=>|:=|=|:) \s{0,4} (?:[bru]{0,2}) ["'`] (?P<value>[^"'`\s]{12,200}) ["'`]
    """
)
_PLACEHOLDER = re.compile(
    r"(?i)example|changeme|change-me|placeholder|dummy|fake|sample|redacted|your|insert|xxxx|\*\*\*|"
    r"1234567|abcdef|<.*>|\$\{|\{\{|%\(|^[\w.]+\(|(.)\1{5}"
)
MIN_LENGTH = 6  # of a password in a URL
MIN_ENTROPY = 3.3  # bits a character; English words lie below, keys above
MAX_LINE = 20_000  # characters looked at in one line


def added(change: Change) -> Iterator[Finding]:
    """Lines that bring a secret the file did not hold before."""
    known = change.before.data.decode("utf-8", "replace") if change.before else ""
    for raw in change.lines[1]:
        line = raw.decode("utf-8", "replace")[:MAX_LINE]
        for what, value in _secrets(line):
            if value not in known:
                yield refuse("secret", change.path, f"adds what looks like {what}: {value[:4]}…")


def _secrets(line: str) -> Iterator[tuple[str, str]]:
    for what, value in tokens(line):
        if len(value) >= MIN_LENGTH and not _PLACEHOLDER.search(value):
            yield what, value
    for match in _ASSIGNED.finditer(line) if _WORDS.search(line) else ():
        value = match["value"]
        if not _PLACEHOLDER.search(value) and _looks_random(value):
            yield "a secret", value


def _looks_random(value: str) -> bool:
    classes = sum(any(map(test, value)) for test in (str.islower, str.isupper, str.isdigit))
    return classes >= 2 and any(map(str.isdigit, value)) and entropy(value) >= MIN_ENTROPY


def entropy(value: str) -> float:
    """Shannon entropy of the characters of ``value``, in bits a character."""
    counts = Counter(value).values()
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts)
