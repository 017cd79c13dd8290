"""How a sender proves that it knows the secret. No secret configured means refused."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from bot.domain.errors import BadSignature

TOKEN_HEADER = "x-soulcaster-token"  # noqa: S105


def header(headers: Mapping[str, str], name: str) -> str:
    """A header's value whatever its case, empty where it is absent."""
    wanted = name.lower()
    return next((value for each, value in headers.items() if each.lower() == wanted), "")


def by_token(headers: Mapping[str, str], secret: str) -> None:
    """The secret itself, as ``Authorization: Bearer`` or ``X-Soulcaster-Token``."""
    _configured(secret)
    scheme, _, bearer = header(headers, "authorization").partition(" ")
    sent = [header(headers, TOKEN_HEADER)]
    if scheme.lower() == "bearer":
        sent.append(bearer.strip())
    if not any(_same(each, secret) for each in sent if each):
        raise BadSignature("The secret does not match.")


def by_hmac(headers: Mapping[str, str], name: str, body: bytes, secret: str) -> None:
    """Hex HMAC-SHA256 of the raw body in header ``name``, with or without ``sha256=``."""
    _configured(secret)
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not _same(header(headers, name).strip().removeprefix("sha256="), expected):
        raise BadSignature("The signature does not match.")


def _configured(secret: str) -> None:
    if not secret:
        raise BadSignature("No secret is configured for this source.")


def _same(one: str, other: str) -> bool:
    """Compared as bytes: ``compare_digest`` raises on text that is not ASCII."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )
