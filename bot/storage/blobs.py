"""Large files in Redis: in pieces, deflated, sealed where the Redis is not of this machine alone.

No store that speaks S3 is behind this port: its SDKs are heavier than all that is read here.
"""

from __future__ import annotations

import zlib

from bot.domain.errors import Rejected
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import number

PIECE = 256 * 1024
_SIZE = "size"
_KEPT_SECONDS = 7 * 24 * 3600


class RedisBlobs(Store):
    """The port of blobs on Redis. One at a time appends to a file."""

    async def append(self, project: int, name: str, offset: int, data: bytes) -> int:
        """Add to the end; all of it or nothing."""
        key, size = keys.blob(project, name), await self.size(project, name)
        if size != offset:
            raise Rejected(f"It ends at {size}, not at {offset}.", status=409)
        first, within = divmod(offset, PIECE)
        held = await self._piece(key, first) if within else b""
        whole = held[:within] + data
        kept: dict[str | bytes, str | bytes] = {_SIZE: str(offset + len(data))}
        for at in range(0, len(whole), PIECE):
            packed = zlib.compress(whole[at : at + PIECE], level=1)
            kept[str(first + at // PIECE)] = await self._seal.shut_bytes(packed)
        await self._redis.hset(key, mapping=kept)  # type: ignore[arg-type]
        await self._redis.expire(key, _KEPT_SECONDS)
        return offset + len(data)

    async def size(self, project: int, name: str) -> int:
        """Its bytes so far."""
        return number(await self._redis.hget(keys.blob(project, name), _SIZE))

    async def read(self, project: int, name: str, offset: int, most: int) -> bytes:
        """To the end of a piece at most."""
        at, within = divmod(offset, PIECE)
        piece = await self._piece(keys.blob(project, name), at)
        return piece[within : within + most]

    async def keep(self, project: int, name: str) -> None:
        """Until it is dropped."""
        await self._redis.persist(keys.blob(project, name))

    async def drop(self, project: int, name: str) -> None:
        """Forget it."""
        await self._redis.unlink(keys.blob(project, name))

    async def _piece(self, key: str, at: int) -> bytes:
        kept = await self._redis.hget(key, str(at))
        if kept is None:
            return b""
        raw = kept if isinstance(kept, bytes) else kept.encode()
        return zlib.decompress(await self._seal.open_bytes(raw))
