"""Words at rest: sealed under the vault's keys where the Redis that holds them is not ours.

Sealed is the whole of a record. What our scripts put before it, its number, stays outside:
``{"number":12,"sealed":"gAAAA..."}``. What was stored before the keys were set is read as it is.
https://cryptography.io/en/latest/fernet/
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from cryptography.fernet import InvalidToken, MultiFernet
from redis.asyncio import Redis

from bot.domain.errors import ConfigError
from bot.storage import keys

_SEALED = re.compile(r'\{(?:"number":(\d+),)?"sealed":"')
_END = '"}'
_MARK = b"sealed:"
# Above this a thread of its own seals and opens: it takes some 10 ms a megabyte.
LARGE = 64 * 1024


class Seal:
    """Seals when it is ``on``; opens what is sealed in any case, with ``fernet()``."""

    def __init__(self, fernet: Callable[[], MultiFernet], *, on: bool) -> None:
        self._fernet = fernet
        self.on = on

    def shut(self, plain: str) -> str:
        """``plain``, JSON of an object or words, as it is to be kept."""
        if self.on:
            return f'{{"sealed":"{self._fernet().encrypt(plain.encode()).decode()}"}}'
        # Words that look sealed must not be opened when they are read.
        return f" {plain}" if _SEALED.match(plain) else plain

    def open(self, kept: str | bytes) -> str:
        """What was given to ``shut``, and the number that was put before it."""
        words = kept.decode() if isinstance(kept, bytes) else kept
        found = _SEALED.match(words)
        if found is None:
            return words
        plain = self._decrypt(words[found.end() : -len(_END)].encode()).decode()
        return f'{{"number":{found[1]},{plain[1:]}' if found[1] else plain

    async def shut_bytes(self, plain: bytes) -> bytes:
        """The same for a file; off the loop where it is large."""
        if not self.on:
            return plain
        fernet = self._fernet()
        if len(plain) < LARGE:
            return _MARK + fernet.encrypt(plain)
        return _MARK + await asyncio.to_thread(fernet.encrypt, plain)

    async def open_bytes(self, kept: bytes) -> bytes:
        """What was given to ``shut_bytes``."""
        if not kept.startswith(_MARK):
            return kept
        if len(kept) < LARGE:
            return self._decrypt(kept[len(_MARK) :])
        return await asyncio.to_thread(self._decrypt, kept[len(_MARK) :])

    async def check(self, redis: Redis) -> None:
        """Raise ConfigError when another machine seals with keys that this one does not have."""
        await redis.set(keys.sealed(), self.shut("known to all"), nx=True)
        self.open(await redis.get(keys.sealed()) or "")

    def _decrypt(self, token: bytes) -> bytes:
        try:
            return self._fernet().decrypt(token)
        except InvalidToken as error:
            raise ConfigError(
                "What is stored was sealed with a key that SOULCASTER_VAULT_KEYS no longer has."
            ) from error
