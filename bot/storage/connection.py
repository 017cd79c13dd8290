"""The connection to Redis, one that a cancelled task lets go of at once, and its memory."""

import asyncio
from collections.abc import Iterable

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from typing_extensions import override

from bot.domain.errors import TooLarge

# Of what Redis may take; the rest is for what comes meanwhile, of every project.
_FULL = 0.6


def connect(url: str, *, patience: float = 5) -> Redis:
    """A client of the server at ``url``, which has ``patience`` seconds to answer; nothing is sent
    yet."""
    pool: ConnectionPool = ConnectionPool.from_url(
        url,
        # Every write is harmless when repeated, so the client may try again by itself; but a server
        # that hangs hangs for the next try, too.
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.02), 4, (RedisConnectionError,)),
        socket_connect_timeout=2,
        socket_timeout=patience,
        health_check_interval=15,
    )
    pool.connection_class = type("Connection", (_Cancellable, pool.connection_class), {})
    return Redis.from_pool(pool)


async def require_room(redis: Redis) -> None:
    """Raises TooLarge where files, and what they bring, would leave too little for others."""
    memory = await redis.info("memory")
    if memory["used_memory"] > _FULL * (memory["maxmemory"] or float("inf")):
        raise TooLarge(
            "Redis has no room for more of it: who runs this server raises SOULCASTER_REDIS_MB (or "
            "its maxmemory); files themselves may lie in a bucket, see SOULCASTER_BLOBS."
        )


class _Cancellable(AbstractConnection):
    """Sends under ``asyncio.timeout``, where redis-py sends under ``asyncio.wait_for``. On Python
    3.11 ``wait_for`` loses a cancellation that comes together with its result, and the task that
    was cancelled goes on for ever: https://github.com/python/cpython/issues/86296"""

    @override
    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        allowed, self.socket_timeout = self.socket_timeout, None
        try:
            async with asyncio.timeout(allowed):
                await super().send_packed_command(command, check_health)
        except TimeoutError:
            raise RedisTimeoutError("Timeout writing to socket") from None
        finally:
            self.socket_timeout = allowed
