"""What each file of this room that stores something is made with."""

from __future__ import annotations

from redis.asyncio import Redis

from bot.domain.keeping import Keep
from bot.storage.scripts import Scripts
from bot.storage.seal import Seal


class Store:
    """Something in Redis: its connection, its scripts, what seals words, how long what is kept."""

    def __init__(self, redis: Redis, scripts: Scripts, seal: Seal, keep: Keep) -> None:
        self._redis = redis
        self._scripts = scripts
        self._seal = seal
        self._keep = keep
