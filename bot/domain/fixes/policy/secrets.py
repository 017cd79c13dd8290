"""Secrets in added lines, by their well-known shapes and by their look."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from bot.domain.fixes.patch import Change
from bot.domain.fixes.policy.rules import Finding

# Shapes as their vendors document them; the prefixes are theirs.
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern))
    for what, pattern in {
        "a GitHub token": r"\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,})",
        "a GitLab token": r"\bgl(pat|dt|rt|ptt|cbt|soat|ft)-[A-Za-z0-9_\-]{20,}",
        "an AWS access key": r"\b(AKIA|ASIA|AGPA|AROA|AIDA|ANPA)[A-Z0-9]{16}\b",
        "a Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{10,}",
        "a Slack webhook": r"hooks\.slack\.com/(services|workflows|triggers)/[A-Za-z0-9/]{20,}",
        "a Google API key": r"\bAIza[0-9A-Za-z_\-]{35}",
        "a Google OAuth secret": r"\bGOCSPX-[A-Za-z0-9_\-]{20,}|\bya29\.[A-Za-z0-9_\-]{20,}",
        "a Stripe key": r"\b([sr]k|whsec)_(live_|test_)?[A-Za-z0-9]{20,}",
        "an OpenAI key": r"\bsk-(proj-|svcacct-|admin-)?[A-Za-z0-9_\-]{32,}",
        "an Anthropic key": r"\bsk-ant-[A-Za-z0-9_\-]{20,}",
        "an npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
        "a PyPI token": r"\bpypi-AgE[A-Za-z0-9_\-]{40,}",
        "a SendGrid key": r"\bSG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}",
        "a Twilio key": r"\b(SK|AC)[0-9a-f]{32}\b",
        "a Discord webhook": r"discord(app)?\.com/api/webhooks/\d+/[A-Za-z0-9_\-]{30,}",
        "a Telegram bot token": r"\b\d{8,10}:AA[A-Za-z0-9_\-]{33}\b",
        "a Hugging Face token": r"\bhf_[A-Za-z0-9]{30,}",
        "a DigitalOcean token": r"\bdo[opr]_v1_[a-f0-9]{64}",
        "an Azure storage key": r"AccountKey=[A-Za-z0-9+/=]{60,}",
        "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----",
        "a signed JSON web token": (
            r"\beyJ[A-Za-z0-9_\-]{10,}\.eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{10,}"
        ),
        "a password in a URL": r"\b[a-z][a-z0-9+.\-]{1,20}://[^\s/:@'\"{}$<>]{1,64}:(?P<value>[^\s/:@'\"{}$<>]{6,64})@",
    }.items()
)

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
MIN_ENTROPY = 3.3  # bits a character; English words lie below, keys above
MAX_LINE = 20_000  # characters looked at in one line


def added(change: Change) -> Iterator[Finding]:
    """Lines that bring a secret the file did not hold before."""
    known = change.before.data.decode("utf-8", "replace") if change.before else ""
    for raw in change.lines[1]:
        line = raw.decode("utf-8", "replace")[:MAX_LINE]
        for what, value in _secrets(line):
            if value not in known:
                message = f"{change.path} adds what looks like {what}: {value[:4]}…"
                yield Finding(rule="secret", path=change.path, message=message)


def _secrets(line: str) -> Iterator[tuple[str, str]]:
    for what, pattern in _SHAPES:
        for match in pattern.finditer(line):
            value = match.groupdict().get("value") or match[0]
            if not _PLACEHOLDER.search(value):
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
