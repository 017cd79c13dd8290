"""How the values of settings are written: from words to what they mean. Each raises ValueError with
what it wants, and never with what it was given: that may be a secret."""

import re
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr
from redis.asyncio.connection import parse_url

from bot.domain.keeping import Keep

# To see whether its numbers are prime takes a core 45 ms.
_load_key = lru_cache(maxsize=1)(load_pem_private_key)


def split_words(value: object) -> object:
    """``80 500 900``."""
    return value.split() if isinstance(value, str) else value


def split_names(value: object) -> object:
    """``acme/shop, acme/web``."""
    return frozenset(split_list(value)) if isinstance(value, str) else value


def read_urls(value: object) -> object:
    """``python=https://... npm=https://...``."""
    if not isinstance(value, str):
        return value
    kinds = r"(python|npm|go|crates|maven)=https?://"
    if not all(re.match(kinds, pair) for pair in value.split()):
        raise ValueError("wants python=https://..., npm=, go=, crates=, maven=, or some of them")
    return dict(pair.split("=", 1) for pair in value.split())


def read_models(value: object) -> object:
    """``judge=gemini/gemini-3.5-flash,openai/gpt-5-mini; plan=...``."""
    if isinstance(value, str):
        pairs = [pair.partition("=") for pair in value.split(";") if pair.strip()]
        value = {purpose.strip(): split_list(names) for purpose, _, names in pairs}
    return value


def split_list(value: str) -> tuple[str, ...]:
    """``a, b``, in this order."""
    return tuple(name.strip() for name in value.split(",") if name.strip())


def check_bucket(value: str) -> str:
    """``s3://bucket/prefix``."""
    if value and not re.fullmatch(r"s3://[a-z0-9][\w.-]+(/[\w.-]+)*/?", value):
        raise ValueError("wants s3://bucket/prefix")
    return value


def read_links(value: object) -> object:
    """``T1/U1=ana,T1/U2=ben``."""
    if isinstance(value, str):
        pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
        if any(
            not (re.fullmatch(r"\s*[TE]\w+/[UW]\w+\s*", who) and login.strip())
            for who, _, login in pairs
        ):
            raise ValueError(
                "wants T123/U123=login,T123/U456=login: a user's id alone is not enough, as "
                "every workspace has its own people; the team's id begins with T"
            )
        return {who.strip(): login.strip() for who, _, login in pairs}
    return value


def read_keep(value: object) -> object:
    """``logs=30d evidence=1y``."""
    return Keep.read(value) if isinstance(value, str) else value


def read_key(value: object) -> object:
    """PEM text, or the path of a file that holds it."""
    if isinstance(value, str) and value:
        if "-----BEGIN" in value:
            return value.replace("\\n", "\n")
        try:
            return Path(value).expanduser().read_text()
        except (OSError, ValueError):
            # What cannot be read may be the key itself.
            raise ValueError("is neither PEM text nor the path of a readable file") from None
    return value


def check_key(value: SecretStr) -> SecretStr:
    """A private key in PEM, or nothing."""
    if pem := value.get_secret_value():
        try:
            _load_key(pem.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # Their words may tell of the key.
            raise ValueError("holds no private key in PEM, without a password") from None
    return value


def without_slash(value: str) -> str:
    """An address that paths are put behind."""
    return value.rstrip("/")


def check_redis(value: str) -> str:
    """An address that redis-py reads, or nothing."""
    try:
        if value:
            parse_url(value)
    except ValueError:
        # It may hold a password.
        raise ValueError("wants redis://, rediss:// or unix://, then host and port") from None
    return value
