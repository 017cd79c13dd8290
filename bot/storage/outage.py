"""Redis is away: said once, waited for, and said once when it is back. Away is whatever no request
of ours can mend: no connection, no answer, a replica where the primary was, no room in memory or on
disk. It is over when a write is taken again."""

import asyncio
import secrets
import time

from redis.asyncio import Redis
from redis.exceptions import (
    ConnectionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
)

from bot.log import log
from bot.storage import keys
from bot.storage.seal import Seal

# What a server says of itself in the first word, where redis-py has no class for it:
# https://github.com/valkey-io/valkey/blob/unstable/src/server.c (createSharedObjects)
_STATES = ("MISCONF", "NOREPLICAS", "CLUSTERDOWN", "MASTERDOWN", "BUSY ", "LOADING")

_AFTERMATH_SECONDS = 1.0


def is_away(error: BaseException) -> bool:
    """Whether Redis refuses everybody: the same request will be taken later."""
    if isinstance(error, ConnectionError | TimeoutError | ReadOnlyError | OutOfMemoryError):
        return True
    return isinstance(error, ResponseError) and any(state in str(error) for state in _STATES)


class Outage:
    """What one process knows of it."""

    def __init__(self, redis: Redis, seal: Seal) -> None:
        self._redis, self._seal = redis, seal
        self._keys_fit = False
        self._since: float | None = None
        self._ended = -_AFTERMATH_SECONDS
        self._said = False

    @property
    def on(self) -> bool:
        """Whether Redis was away when last looked at."""
        return self._since is not None

    def began(self, error: BaseException) -> None:
        """Say so, unless it is known."""
        known, now = self.on, time.monotonic()
        if self._since is None:
            self._since = now
        # What was under way when it came back may still fail: that alone is no second outage.
        if not self._said and (known or now - self._ended > _AFTERMATH_SECONDS):
            self._said = True
            log.warning("Redis is away: waiting", why=f"{type(error).__name__}: {error}")

    async def over(self, *, within: float | None = None) -> bool:
        """Whether Redis takes a write, in so many seconds; said where it did not before. Raises
        ConfigError, the first time, where it is in use with other keys than ours."""
        try:
            async with asyncio.timeout(within):
                await self._redis.set(keys.lease(f"probe:{secrets.token_hex(8)}"), "", px=1000)
                if not self._keys_fit:
                    await self._seal.check(self._redis)
                    self._keys_fit = True
        except (RedisError, OSError) as error:
            self.began(error)
            return False
        if self._since is not None:
            now = time.monotonic()
            if self._said:
                log.info("Redis is back", seconds=round(now - self._since, 1))
            self._since, self._ended, self._said = None, now, False
        return True

    async def wait(self) -> None:
        """Until it is over, if it is on."""
        while self.on and not await self.over():  # noqa: ASYNC110 - nobody can tell us
            await asyncio.sleep(1)
