"""What credentials look like: the one list that logs, cards and the patch policy go by."""

import re
from collections.abc import Iterator
from urllib.parse import quote

# As their vendors document them; the prefixes are theirs. The group ``value`` is the secret where
# that is not all that matches, ``kept`` what may be shown of it. A pattern begins with a letter,
# and looks back over it for what stands before: ``\b`` first makes it thirty times slower.
_TOKENS = {
    "a GitHub token": r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{8,}",
    "a GitLab token": r"gl(?:pat|dt|rt|ptt|cbt|soat|ft|imt|agent|oas)-[\w-]{20,}",
    "an AWS access key": r"A(?:KIA|SIA|GPA|ROA|IDA|NPA)(?<!\w....)[A-Z0-9]{16}\b",
    "an AWS secret key": (
        r"(?P<kept>[Ss](?i:ecret_?(?:access_?)?key)[\"']?\s{0,4}(?:=>|:=|[=:])\s{0,4}[\"']?)"
        r"(?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
    ),
    "a Soulcaster token": r"sct_[0-9]{1,19}_[\w-]{43}",
    "a Slack token": r"xox[abdeoprs](?:\.xox[abp])?-\d[\w-]{4,}|xapp-\d-[\w-]{3,}",
    "a Slack webhook": r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/]{20,}",
    "a Google API key": r"AIza[\w-]{20,}|AQ\.(?<!\w...)[\w-]{20,}",
    "a Google OAuth secret": r"GOCSPX-[\w-]{20,}|ya29\.(?<!\w.....)[\w-]{20,}",
    "a Stripe key": r"(?:[sr]k_|whsec_)(?<!\w.k_)(?:live_|test_)?[A-Za-z0-9]{20,}",
    "an Anthropic key": r"sk-ant-(?<!\w.......)[\w-]{20,}",
    "an OpenAI key": r"sk-(?<!\w...)(?:(?:proj|svcacct|admin)-[\w-]{20,}|[A-Za-z0-9]{32,})",
    "an npm token": r"npm_[A-Za-z0-9]{36}\b",
    "a PyPI token": r"pypi-AgE[\w-]{16,}",
    "a SendGrid key": r"SG\.(?<!\w...)[\w-]{16,}\.[\w-]{16,}",
    "a Sentry token": r"sntry[a-z]_[\w+/=-]{10,}",
    "an E2B key": r"e2b_\w{16,}",
    "a Twilio key": r"(?:SK|AC)(?<!\w..)[0-9a-f]{32}\b",
    "a Discord webhook": r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]{30,}",
    "a Telegram bot token": r"\d{8,10}:AA[\w-]{33}\b",
    "a Hugging Face token": r"hf_(?<!\w...)[A-Za-z0-9]{30,}",
    "a DigitalOcean token": r"do[opr]_v1_[a-f0-9]{64}",
    "an Azure storage key": r"(?P<kept>AccountKey=)(?P<value>[A-Za-z0-9+/=]{60,})",
    "a private key": (
        # To its end; where that is cut off, as far as it looks like one.
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?:[^-]|-(?!----))*"
        r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|[A-Za-z0-9+/=\s\\]*)"
    ),
    "a JSON web token": r"eyJ(?<![\w-]...)[\w-]{5,}\.[\w-]+\.[\w-]*",
    "a password in a URL": r"(?<=://)[^\s/:@'\"<>]*:(?!\$?\{|<)(?P<value>[^\s/'\"<>]+)(?=@)",
}
# What is sent along with a request, whatever the credential looks like.
_SENT = {
    "a bearer token": r"(?i)bearer [\w.~+/=-]{8,}",
    "a basic login": r"(?i)basic (?-i:(?=\S*[A-Z])(?=\S*[a-z])(?=\S*[\d=])[A-Za-z0-9+/]{8,}={0,2})",
    "a code of Slack's": r"(?P<kept>oauth\.v2\.access result with code: )\S+",
    "a header": (
        r"(?i)(?P<kept>x-(?<![\w-]..)[a-z-]{0,40}(?:token|secret|key)[\"']?: ?[\"']?)"
        r"(?![<{$])[^\s\"',;]{8,}"
    ),
    "a secret in a URL": (
        r"(?P<kept>[?&](?:client_|access_)?(?:secret|token)=)(?![<{$])[^&\s\"'<>]+"
    ),
}
_SHAPES = tuple((what, re.compile(pattern)) for what, pattern in _TOKENS.items())
_REDACTED = tuple(re.compile(pattern) for pattern in (*_TOKENS.values(), *_SENT.values()))

# Those that this process was given, by value. Shorter ones would be found in ordinary words.
_held: dict[str, None] = {}
_SHORTEST = 8


def tokens(words: str) -> Iterator[tuple[str, str]]:
    """What looks like a credential, and the credential itself: ``("a Stripe key", "sk_…")``."""
    for what, pattern in _SHAPES:
        for match in pattern.finditer(words):
            yield what, match.groupdict().get("value") or match[0]


def keep_secret(*values: str) -> None:
    """Take these out of whatever this process redacts from now on, also as they stand in a URL."""
    for value in values:
        for form in (value, quote(value, safe="")):
            if len(form) >= _SHORTEST:
                _held[form] = None


def redact(words: str) -> str:
    """``words`` without what looks like a credential, is sent as one, or is one that we hold."""
    for value in _held:
        if value in words:
            words = words.replace(value, "[redacted]")
    for pattern in _REDACTED:
        words = pattern.sub(_cut, words)
    return words


def _cut(match: re.Match[str]) -> str:
    return f"{match.groupdict().get('kept') or ''}[redacted]"
