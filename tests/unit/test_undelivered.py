"""What GitHub says of a webhook it could not deliver, in words that say what to do."""

from __future__ import annotations

import pytest

from bot.github.undelivered import why_undelivered


@pytest.mark.parametrize(
    ("status", "code", "what", "mend"),
    [
        ("failed to connect to host", 502, "name is not found", "DNS"),
        ("failed to connect to network", 502, "refused", "tunnel"),
        ("timed out", 504, "no answer in time", "this server's port"),
        ("Service Timeout", 504, "no answer in time", "this server's port"),
        ("Peer certificate cannot be authenticated with given CA", 525, "TLS", "chain"),
        ("Invalid HTTP Response: 401", 401, "refused (Invalid HTTP", "GITHUB_WEBHOOK_SECRET"),
        ("Invalid HTTP Response: 404", 404, "somebody else answers", "/github/webhook"),
        ("Invalid HTTP Response: 301", 301, "leads elsewhere", "the address it leads to"),
        ("Invalid HTTP Response: 503", 503, "finds no server", "soulcaster web"),
        ("Invalid HTTP Response: 500", 500, "server fails", "log"),
        ("Invalid HTTP Response: 418", 418, "refused (Invalid HTTP Response: 418)", "what answers"),
    ],
)  # fmt: skip
def test_each_kind_has_its_one_action(status: str, code: int, what: str, mend: str) -> None:
    said, action = why_undelivered(status, code)
    assert what in said
    assert mend in action
