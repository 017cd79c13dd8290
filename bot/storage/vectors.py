"""Vectors in Redis, where it is not of this machine alone: what one has placed, all find."""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from redis.asyncio import Redis

from bot.domain.errors import Rejected
from bot.domain.ports import Vector
from bot.storage import keys
from bot.storage.seal import Seal

BATCH = 500  # vectors at once


class StoredVectors:
    """The vector index port on Redis."""

    id = "redis"

    def __init__(self, redis: Redis, seal: Seal) -> None:
        self._redis, self._seal = redis, seal

    async def upsert(self, namespace: str, ids: Sequence[str], vectors: Vector) -> None:
        """Store unit-length copies; every machine sees them at once."""
        if len(ids) != len(vectors):
            raise Rejected(f"{len(ids)} ids came with {len(vectors)} vectors.")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = (vectors / np.where(lengths > 0, lengths, 1)).astype("<f4")
        kept: list[str | bytes] = []
        for name, row in zip(ids, unit, strict=True):
            # Words of a vectoriser are few: most of its row is zeros.
            packed = zlib.compress(row.tobytes(), level=1)
            kept += (name, await self._seal.shut_bytes(packed))
        if kept:
            await self._redis.hset(_key(namespace), items=kept)

    async def fetch(self, namespace: str, ids: Sequence[str]) -> dict[str, Vector]:
        found: dict[str, Vector] = {}
        for start in range(0, len(ids), BATCH):
            wanted = list(ids[start : start + BATCH])
            values: list[Any] = await self._redis.hmget(_key(namespace), wanted)
            for name, kept in zip(wanted, values, strict=True):
                if kept is not None:
                    opened = await self._seal.open_bytes(kept)
                    found[name] = np.frombuffer(zlib.decompress(opened), dtype="<f4")
        return found

    async def remove(self, namespace: str, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), BATCH):
            await self._redis.hdel(_key(namespace), *ids[start : start + BATCH])

    async def drop(self, namespace: str) -> None:
        await self._redis.unlink(_key(namespace))

    async def close(self) -> None:
        """Nothing is held open."""


def _key(namespace: str) -> str:
    project, _, embedder = namespace.partition(":")
    return keys.vectors(project, embedder)
