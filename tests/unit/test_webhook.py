"""GitHub's signature: who does not know the secret is refused, and without one everybody is."""

import hashlib
import hmac

import pytest

from bot.domain.errors import BadSignature
from bot.sources import github_issue

BODY = b'{"zen": "Design for failure."}'


def signed(secret: bytes, body: bytes = BODY) -> str:
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def prove(signature: str, secret: str) -> None:
    proof = github_issue.prove({"x-hub-signature-256": signature}, secret)
    proof.update(BODY)
    proof.finish()


def test_who_knows_the_secret_is_let_in() -> None:
    prove(signed(b"s3cret"), "s3cret")


@pytest.mark.parametrize(
    ("signature", "secret"),
    [
        ("", "s3cret"),
        (signed(b"other"), "s3cret"),
        (signed(b"s3cret", BODY + b" "), "s3cret"),
        (signed(b"s3cret").removeprefix("sha256="), "s3cret"),
        ("sha256=é", "s3cret"),
        # Without a secret anybody could sign with the empty one.
        (signed(b""), ""),
        ("", ""),
    ],
)
def test_nobody_else_is(signature: str, secret: str) -> None:
    with pytest.raises(BadSignature):
        prove(signature, secret)
