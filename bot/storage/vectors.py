"""Vectors in Redis, where it is not of this machine alone: what one has placed, all find."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from redis.asyncio import Redis

from bot.domain.errors import Rejected
from bot.domain.ports import Match, Vector
from bot.storage import keys
from bot.storage.seal import Seal
from bot.storage.text import text

BATCH = 500  # vectors at once


class StoredVectors:
    """The vector index port on Redis. A query reads the namespace: exact, and meant for few."""

    id = "redis"

    def __init__(self, redis: Redis, seal: Seal) -> None:
        self._redis = redis
        self._seal = seal

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

    async def query(self, namespace: str, vector: Vector, *, top_k: int) -> list[Match]:
        """The most similar of the namespace, best first."""
        found = await self.fetch(
            namespace, [text(i) for i in await self._redis.hkeys(_key(namespace))]
        )
        length = float(np.linalg.norm(vector))
        if not found or not length or top_k < 1:
            return []
        similar = np.stack(list(found.values())) @ (vector / length).astype(np.float32)
        best = np.argsort(-similar, kind="stable")[:top_k].tolist()
        names = list(found)
        return [Match(names[i], float(np.clip(similar[i], -1, 1))) for i in best]

    async def fetch(self, namespace: str, ids: Sequence[str]) -> dict[str, Vector]:
        """The stored vectors of those ids that are there."""
        found: dict[str, Vector] = {}
        for start in range(0, len(ids), BATCH):
            wanted = list(ids[start : start + BATCH])
            values: list[Any] = await self._redis.hmget(_key(namespace), wanted)
            for name, kept in zip(wanted, values, strict=True):
                if kept is not None:
                    opened = await self._seal.open_bytes(kept)
                    found[name] = np.frombuffer(zlib.decompress(opened), dtype="<f4")
        return found

    async def delete(self, namespace: str, ids: Sequence[str]) -> None:
        """Forget these; unknown ids are ignored."""
        if ids:
            await self._redis.hdel(_key(namespace), *ids)

    async def drop(self, namespace: str) -> None:
        """Forget the whole namespace."""
        await self._redis.unlink(_key(namespace))

    async def close(self) -> None:
        """Nothing is held open."""


def _key(namespace: str) -> str:
    project, _, embedder = namespace.partition(":")
    return keys.vectors(project, embedder)
