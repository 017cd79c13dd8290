"""No secret in a log."""

import pytest

from bot.log import redact


@pytest.mark.parametrize(
    "secret",
    [
        "ghs_" + "a1" * 18,
        "github_pat_" + "x9" * 20,
        "xoxb-123456789012-abcdefABCDEF",
        "AIza" + "Sy" * 16,
        "e2b_" + "0f" * 20,
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOjF9.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        "Bearer abcdefghij",
    ],
)
def test_credentials_are_taken_out(secret: str) -> None:
    assert redact(f"before {secret} after") == "before [redacted] after"


def test_credentials_in_addresses_are_taken_out() -> None:
    assert redact("redis://user:pa55@host:6379/0") == "redis://[redacted]@host:6379/0"
    assert (
        redact("POST /hooks/splunk/x?secret=abc&y=1")
        == "POST /hooks/splunk/x?secret=[redacted]&y=1"
    )


def test_ordinary_words_stay() -> None:
    words = "GET /repos/acme/shop/issues/3 200; the bearer of bad news"
    assert redact(words) == words
