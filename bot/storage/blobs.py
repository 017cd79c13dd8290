"""Large files, in pieces, deflated and sealed: in Redis, or as objects of a store elsewhere."""

import asyncio
import zlib
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken
from typing_extensions import override

from bot.domain.blobs import Objects
from bot.domain.errors import Rejected, Unreadable
from bot.storage import keys
from bot.storage.connection import require_room
from bot.storage.store import Store
from bot.storage.text import number

_SIZE = "size"
_KEY = "key"
_KEPT_SECONDS = 7 * 24 * 3600


class RedisBlobs(Store):
    """The port of blobs on Redis. One at a time appends to a file."""

    piece = 256 * 1024

    async def append(self, project: int, name: str, offset: int, data: bytes) -> int:
        """Add to the end; all of it or nothing. Raises TooLarge where Redis has no room for it."""
        size = await self.size(project, name)
        if size != offset:
            raise Rejected(f"It ends at {size}, not at {offset}.", status=409)
        first, within = divmod(offset, self.piece)
        held = await self._piece(project, name, first) if within else b""
        whole = held[:within] + data
        pieces = {
            first + at // self.piece: zlib.compress(whole[at : at + self.piece], level=1)
            for at in range(0, len(whole), self.piece)
        }
        await self._write(project, name, offset + len(data), pieces)
        return offset + len(data)

    async def size(self, project: int, name: str) -> int:
        return number(await self._redis.hget(keys.blob(project, name), _SIZE))

    async def read(self, project: int, name: str, offset: int, most: int) -> bytes:
        """To the end of a piece at most."""
        at, within = divmod(offset, self.piece)
        return (await self._piece(project, name, at))[within : within + most]

    async def keep(self, project: int, name: str) -> None:
        await self._redis.persist(keys.blob(project, name))

    async def drop(self, project: int, name: str) -> None:
        await self._redis.unlink(keys.blob(project, name))

    async def erase(self, project: int) -> int:
        found = [key async for key in self._redis.scan_iter(match=keys.blob(project, "*"))]
        return int(await self._redis.unlink(*found)) if found else 0

    async def _write(self, project: int, name: str, size: int, pieces: Mapping[int, bytes]) -> None:
        await require_room(self._redis)
        key = keys.blob(project, name)
        kept: dict[str | bytes, str | bytes] = {_SIZE: str(size)}
        for at, packed in pieces.items():
            kept[str(at)] = await self._seal.shut_bytes(packed)
        await self._redis.hset(key, mapping=kept)  # type: ignore[arg-type]
        await self._redis.expire(key, _KEPT_SECONDS)

    async def _piece(self, project: int, name: str, at: int) -> bytes:
        kept = await self._redis.hget(keys.blob(project, name), str(at))
        return zlib.decompress(await self._seal.open_bytes(_bytes(kept))) if kept else b""


class ObjectBlobs(RedisBlobs):
    """The same with its pieces elsewhere: ``import/42/7/000001`` and on of import 7. Redis holds
    how long a file is and, sealed as words are, a key of its own that seals its pieces: they leave
    sealed in any case, new keys of the vault touch none of them, and without Redis they are
    nothing. In each stands which piece it is: whoever may write there, or brings back what was
    there before, makes no other file of it. What a process that was killed wrote beyond the end is
    written again."""

    piece = 1024 * 1024

    def __init__(self, stored: RedisBlobs, objects: Objects) -> None:
        super().__init__(stored._redis, stored._scripts, stored._seal, stored._keep)
        self._objects = objects

    @override
    async def drop(self, project: int, name: str) -> None:
        if await self._redis.exists(keys.blob(project, name)):
            await self._objects.drop(_folder(project, name))
            await super().drop(project, name)

    @override
    async def erase(self, project: int) -> int:
        of = [f"{kind}/{project}" for kind in await self._objects.folders()]
        gone = [await self._objects.drop(folder) for folder in of]
        return await super().erase(project) + sum(gone)

    @override
    async def _write(self, project: int, name: str, size: int, pieces: Mapping[int, bytes]) -> None:
        own = await self._own(project, name)
        for at, packed in pieces.items():
            token = await asyncio.to_thread(own.encrypt, b"%d:%s" % (at, packed))
            await self._objects.put(_object(project, name, at), token)
        await self._redis.hset(keys.blob(project, name), _SIZE, str(size))

    @override
    async def _piece(self, project: int, name: str, at: int) -> bytes:
        left = await self.size(project, name) - at * self.piece
        if left <= 0:
            return b""
        found = await self._objects.get(_object(project, name, at))
        if found is None:
            raise Unreadable(f"Piece {at + 1} of {name} is gone from the bucket.")
        whole = await asyncio.to_thread(_opened, await self._own(project, name), at, found)
        if len(whole) < min(left, self.piece):
            raise Unreadable(f"Piece {at + 1} of {name} is not what was put into the bucket.")
        return whole[:left]

    async def _own(self, project: int, name: str) -> Fernet:
        """What seals this file alone. Without it there is no object of it."""
        key = keys.blob(project, name)
        if (kept := await self._redis.hget(key, _KEY)) is None:
            made = await self._seal.shut_bytes(Fernet.generate_key())
            await self._redis.hsetnx(key, _KEY, made)
            kept = await self._redis.hget(key, _KEY)
        return Fernet(await self._seal.open_bytes(_bytes(kept)))


def _opened(own: Fernet, at: int, found: bytes) -> bytes:
    """What was sealed as this piece; none of it where it is another, or is no piece of ours."""
    try:
        of, _, packed = own.decrypt(found).partition(b":")
    except InvalidToken:
        return b""
    return zlib.decompress(packed) if of == b"%d" % at else b""


def _folder(project: int, name: str) -> str:
    """By kind first: rules of a bucket are told by a prefix."""
    kind, _, own = name.partition("-")
    return f"{kind}/{project}/{own}"


def _object(project: int, name: str, at: int) -> str:
    return f"{_folder(project, name)}/{at + 1:06d}"


def _bytes(kept: str | bytes | None) -> bytes:
    return kept if isinstance(kept, bytes) else (kept or "").encode()
