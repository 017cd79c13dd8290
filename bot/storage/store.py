"""What each file of this room that stores something is made with."""

from __future__ import annotations

from redis.asyncio import Redis

from bot.storage.scripts import Scripts
from bot.storage.seal import Seal


class Store:
    """Something in Redis: its connection, its scripts, and what seals words."""

    def __init__(self, redis: Redis, scripts: Scripts, seal: Seal) -> None:
        self._redis = redis
        self._scripts = scripts
        self._seal = seal
