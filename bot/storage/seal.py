"""Words at rest: sealed under the vault's keys where the Redis that holds them is not ours. Sealed
is the whole of a record. What our scripts put before it, its number, stays outside:
``{"number":12,"sealed":"gAAAA..."}``. What was stored before the keys were set is read as it is.
https://cryptography.io/en/latest/fernet/"""

import asyncio
import hashlib
import re
from collections.abc import Callable, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from redis.asyncio import Redis

from bot.domain.errors import ConfigError
from bot.storage import keys
from bot.storage.format import check as check_format

_OTHER_KEYS = (
    "What is in Redis was sealed with a key that this machine does not have: set "
    "SOULCASTER_VAULT_KEYS to the keys in use there, the same on every machine (where none were "
    "set, the one in the vault.key of the first data folder); if they are lost, say "
    "`redis-cli DEL sc:vault-keys`, and `source rotate` for each source."
)

_SEALED = re.compile(r'\{(?:"number":(\d+),)?"sealed":"')
_END = '"}'
_MARK = b"sealed:"
# Above this a thread of its own seals and opens: it takes some 10 ms a megabyte.
LARGE = 64 * 1024
# Whatever is sealed, as it is kept: words, files, doors (``7 sentry gAAAA...``), what has no mark.
_SEALED_PART = re.compile(
    rb'(\{(?:"number":\d+,)?"sealed":"|sealed:|\d+ \S+ |)(gAAAA[\w=-]+)("\}|)'
)


class Keys(MultiFernet):
    """The vault's keys, newest first; ``name`` tells the newest from any other."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__([Fernet(key) for key in keys])
        self._newest = Fernet(keys[0])
        self.name = hashlib.sha256(keys[0].encode()).hexdigest()[:16]

    def open(self, token: bytes | str) -> bytes:
        """What was sealed. Raises ConfigError where none of the keys opens it."""
        try:
            return self.decrypt(token)
        except InvalidToken as error:
            raise ConfigError(_OTHER_KEYS) from error

    def renewed(self, kept: bytes) -> bytes | None:
        """What is kept, sealed with the newest key; b"" where it is so, or is not sealed at all;
        None where none of the keys opens it."""
        found = _SEALED_PART.fullmatch(kept)
        if found is None:
            return b""
        before, token, end = found.groups()
        try:
            self._newest.extract_timestamp(token)  # which proves the key, and decrypts nothing
        except InvalidToken:
            try:
                return bytes(before + self.rotate(token) + end)
            except InvalidToken:
                return None
        return b""


class Seal:
    """Seals when it is ``on``; opens what is sealed in any case, with ``fernet()``."""

    def __init__(self, fernet: Callable[[], Keys], *, on: bool) -> None:
        self._fernet, self.on = fernet, on

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
        plain = self._fernet().open(words[found.end() : -len(_END)]).decode()
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
            return self._fernet().open(kept[len(_MARK) :])
        return await asyncio.to_thread(self._fernet().open, kept[len(_MARK) :])

    async def check(self, redis: Redis) -> None:
        """Raise ConfigError when another machine seals with keys that this one does not have. Each
        leaves a word there, sealed with its newest key. The same where what is there is not to be
        read by this program: see ``format``."""
        await check_format(redis)
        await self._open_all(redis)
        fernet = self._fernet()
        if await redis.hsetnx(keys.vault_keys(), fernet.name, fernet.encrypt(b"known to all")):
            try:
                await self._open_all(redis)  # another one may have been the first with us
            except ConfigError:
                await redis.hdel(keys.vault_keys(), fernet.name)
                raise

    async def _open_all(self, redis: Redis) -> None:
        for word in await redis.hvals(keys.vault_keys()):
            self._fernet().open(word)
