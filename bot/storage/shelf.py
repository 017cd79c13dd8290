"""The files on every project's shelves; who may read what of one is for the caller to hold."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter

from bot.domain.audience import Audience
from bot.domain.memory.shelf import Part, ShelfFile, Shelves
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import text

_SHELVES = "shelves"
PARTS = TypeAdapter(list[Part])


class Shelf(Store):
    """Files by the digest of their content: the same content is there once."""

    async def all(self, project: int) -> list[ShelfFile]:
        """By name."""
        found = await self._redis.hgetall(keys.files(project))
        kept = (held for field, held in found.items() if text(field) != _SHELVES)
        read = [ShelfFile.read(self._seal.open(held)) for held in kept]
        return sorted(read, key=lambda file: file.name.lower())

    async def put(self, project: int, file: ShelfFile) -> None:
        """Write a new one down."""
        sealed = self._seal.shut(file.model_dump_json())
        await self._redis.hset(keys.files(project), file.digest, sealed)

    async def change(
        self, project: int, files: Sequence[ShelfFile], *, used_by: str = "", **fields: str
    ) -> None:
        """Set these fields of each; ``used_by`` comes on top. Raises NotFound."""

        def changed(file: ShelfFile) -> ShelfFile:
            uses = (*dict.fromkeys((*file.used_by, *filter(None, [used_by]))),)
            return file.model_copy(update={**fields, "used_by": uses})

        for file in files:
            missing = f"{file.name} was removed meanwhile: /soulcaster files"
            of = keys.files(project), file.digest, ShelfFile, changed
            await self._replace(*of, name=file.name, missing=missing)

    async def remove(self, project: int, files: Sequence[ShelfFile]) -> None:
        """Their records; their blobs are dropped by the caller."""
        await self._redis.hdel(keys.files(project), "", *(file.digest for file in files))

    async def shelves(self, project: int, **fields: object) -> Shelves:
        """The shelves, once these fields are set."""
        first = self._seal.shut(Shelves(audience=Audience.PUBLIC).model_dump_json())
        await self._redis.hsetnx(keys.files(project), _SHELVES, first)
        of = keys.files(project), _SHELVES, Shelves, lambda one: one.model_copy(update=fields)
        return await self._replace(*of, name="The shelves", missing="The shelves are gone.")
