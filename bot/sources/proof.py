"""How a sender proves that it knows the secret. No secret configured means refused.

A proof has two steps, so that little is spent on whom we do not know: what the headers say is
judged before a byte of the body is read, and the body is hashed as it comes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping

from bot.domain.errors import BadSignature, WrongSecret

TOKEN_HEADER = "x-soulcaster-token"  # noqa: S105
_HEX = re.compile(r"[0-9a-f]{64}")


class Proof:
    """What the headers prove by themselves: the body adds nothing to it.

    ``at_once`` says so. Such a secret can be guessed, so whoever guesses has to wait; a sender
    that signs may share its address with strangers, and is heard whenever the signature is right.
    """

    at_once = True

    def update(self, piece: bytes) -> None:
        """Take the next piece of the raw body."""

    def finish(self) -> None:
        """Raise WrongSecret unless the whole body is the sender's."""


class SignedBody(Proof):
    """Hex HMAC-SHA256 of ``before`` and the raw body.

    Raises BadSignature at once where the signature cannot be one.
    """

    at_once = False

    def __init__(self, signature: str, secret: str, *, before: bytes = b"") -> None:
        _configured(secret)
        if not _HEX.fullmatch(signature):
            raise BadSignature("A signature is needed: 64 hexadecimal digits.")
        self._signature = signature
        self._hash = hmac.new(secret.encode(), before, hashlib.sha256)

    def update(self, piece: bytes) -> None:
        """See the base."""
        self._hash.update(piece)

    def finish(self) -> None:
        """See the base."""
        if not hmac.compare_digest(self._signature, self._hash.hexdigest()):
            raise WrongSecret("The signature does not match.")


def header(headers: Mapping[str, str], name: str) -> str:
    """A header's value whatever its case, empty where it is absent."""
    wanted = name.lower()
    return next((value for each, value in headers.items() if each.lower() == wanted), "")


def by_token(headers: Mapping[str, str], secret: str) -> Proof:
    """The secret itself, as ``Authorization: Bearer`` or ``X-Soulcaster-Token``."""
    _configured(secret)
    shown = tokens(headers)
    if not shown:
        raise BadSignature("The secret is missing.")
    if not any(_same(each, secret) for each in shown):
        raise WrongSecret("The secret does not match.")
    return Proof()


def tokens(headers: Mapping[str, str]) -> list[str]:
    """The secrets that a sender shows, right or wrong."""
    scheme, _, bearer = header(headers, "authorization").partition(" ")
    shown = [header(headers, TOKEN_HEADER), bearer.strip() if scheme.lower() == "bearer" else ""]
    return [each for each in shown if each]


def shown(headers: Mapping[str, str]) -> bool:
    """Whether there is any proof in the headers, right or wrong."""
    return bool(tokens(headers)) or any("signature" in name.lower() for name in headers)


def by_hmac(headers: Mapping[str, str], name: str, secret: str) -> Proof:
    """Hex HMAC-SHA256 of the raw body in header ``name``, with or without ``sha256=``."""
    return SignedBody(header(headers, name).strip().removeprefix("sha256="), secret)


def _configured(secret: str) -> None:
    if not secret:
        raise BadSignature("No secret is set here, so nothing is let in.")


def _same(one: str, other: str) -> bool:
    """Compared as bytes: ``compare_digest`` raises on text that is not ASCII."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )
