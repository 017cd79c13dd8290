"""How a sender proves that it knows the secret. No secret configured means refused. A proof has two
steps, so that little is spent on whom we do not know: what the headers say is judged before a byte
of the body is read, and the body is hashed as it comes."""

import hmac
import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from bot.domain.errors import BadSignature, WrongSecret

TOKEN_HEADER = "x-soulcaster-token"  # noqa: S105
_HEX = re.compile(r"(?:[0-9a-f]{2})+")


class Proof:
    """What the headers prove by themselves: the body adds nothing to it. ``at_once`` says so. Such
    a secret can be guessed, so whoever guesses has to wait; a sender that signs may share its
    address with strangers, and is heard whenever the signature is right."""

    at_once = True

    def update(self, piece: bytes) -> None:
        """Take the next piece of the raw body."""

    def finish(self) -> None:
        """Raise WrongSecret unless the whole body is the sender's."""


# Judges the headers by one or more secrets, any of which will do.
Prove = Callable[..., Proof]


class SignedBody(Proof):
    """Hex HMAC of ``before`` and the raw body, by one of the ``secrets``; one of several
    signatures, between commas, will do. Raises BadSignature at once where the signature cannot be
    one."""

    at_once = False

    def __init__(
        self, signature: str, *secrets: str, before: bytes = b"", algorithm: str = "sha256"
    ) -> None:
        _configured(secrets)
        self._hashes = [hmac.new(secret.encode(), before, algorithm) for secret in secrets]
        digits = 2 * self._hashes[0].digest_size
        self._signatures = signature.split(",")
        if not all(_HEX.fullmatch(each) and len(each) == digits for each in self._signatures):
            raise BadSignature(f"A signature is needed: {digits} hexadecimal digits.")

    def update(self, piece: bytes) -> None:
        for each in self._hashes:
            each.update(piece)

    def finish(self) -> None:
        wanted = [each.hexdigest() for each in self._hashes]
        if not any(hmac.compare_digest(s, w) for s in self._signatures for w in wanted):
            raise WrongSecret("The signature does not match.")


def header(headers: Mapping[str, str], name: str) -> str:
    """A header's value whatever its case, empty where it is absent."""
    wanted = name.lower()
    return next((value for each, value in headers.items() if each.lower() == wanted), "")


def by_token(headers: Mapping[str, str], *secrets: str) -> Proof:
    """A secret itself: ``X-Soulcaster-Token``, a bearer token, or the password of basic auth."""
    _configured(secrets)
    shown = tokens(headers)
    if not shown:
        raise BadSignature("The secret is missing.")
    if not any(is_same(each, secret) for each in shown for secret in secrets):
        raise WrongSecret("The secret does not match.")
    return Proof()


def tokens(headers: Mapping[str, str]) -> list[str]:
    """The secrets that a sender shows, right or wrong."""
    scheme, _, given = header(headers, "authorization").partition(" ")
    shown = [header(headers, TOKEN_HEADER), given.strip() if scheme.lower() == "bearer" else ""]
    if scheme.lower() == "basic":
        with suppress(ValueError):
            shown.append(b64decode(given.strip(), validate=True).decode().partition(":")[2])
    return [each for each in shown if each]


def shown(headers: Mapping[str, str]) -> bool:
    """Whether there is any proof in the headers, right or wrong."""
    return bool(tokens(headers)) or any("signature" in name.lower() for name in headers)


def signed_by(
    name: str,
    *,
    prefix: str = "",
    algorithm: str = "sha256",
    before: str = "",
    base64: bool = False,
    needed: bool = False,
) -> Prove:
    """HMAC of the raw body in header ``name``; where there is none, the token will do. Each
    signature may have a ``prefix``; header ``before`` is signed ahead of the body. It is hex unless
    ``base64``. ``needed``: a sender that always signs shows no token."""

    def prove(headers: Mapping[str, str], *secrets: str) -> Proof:
        said = header(headers, name).strip()
        if not said and not needed:
            return by_token(headers, *secrets)
        # One without the prefix is none.
        each = [
            one.strip().partition(prefix)[2] if prefix else one.strip() for one in said.split(",")
        ]
        if base64:
            each = [_hex(one) for one in each]
        ahead = header(headers, before).encode("utf-8", "surrogateescape") if before else b""
        return SignedBody(",".join(each), *secrets, before=ahead, algorithm=algorithm)

    return prove


def _hex(said: str) -> str:
    try:
        return b64decode(said, validate=True).hex()
    except ValueError:
        return ""


def _configured(secrets: Sequence[str]) -> None:
    if not secrets or not all(secrets):
        raise BadSignature("No secret is set here, so nothing is let in.")


def is_same(one: str, other: str) -> bool:
    """Compared as bytes: ``compare_digest`` raises on text that is not ASCII."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )
