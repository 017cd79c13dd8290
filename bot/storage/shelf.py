"""The files on every project's shelves; who may read what of one is for the caller to hold."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from pydantic import TypeAdapter

from bot.domain.audience import Audience
from bot.domain.errors import NotFound
from bot.domain.memory.shelf import Part, ShelfFile, Shelves
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import text

_SHELVES = "shelves"
PARTS = TypeAdapter(list[Part])
# Characters of files whose parts are held ready, of all projects together.
READY = 32 * 1024 * 1024


class Shelf(Store):
    """Files by the digest of their content: the same content is there once."""

    def __init__(self, *of: Any) -> None:
        super().__init__(*of)
        self._ready: dict[tuple[object, ...], list[Part]] = {}
        self._held = 0

    def ready(self, project: int, file: ShelfFile) -> list[Part] | None:
        """Its parts, where they were read before and are still held."""
        return self._ready.get(_version(project, file))

    def hold(self, project: int, file: ShelfFile, parts: list[Part]) -> None:
        """Hold them ready for the next question. Any other makes room: a question reads all files
        in turn, so that the one that waited longest is the next that is wanted."""
        if self.ready(project, file) is not None:  # two questions read it at once
            return
        self._ready[_version(project, file)] = parts
        self._held += _characters(parts)
        while self._held > READY:
            gone = self._ready.pop(random.choice([*self._ready]))  # noqa: S311
            self._held -= _characters(gone)

    async def all(self, project: int) -> list[ShelfFile]:
        """By name."""
        found = await self._redis.hgetall(keys.files(project))
        kept = (held for field, held in found.items() if text(field) != _SHELVES)
        read = [ShelfFile.read(self._seal.open(held)) for held in kept]
        return sorted(read, key=lambda file: file.name.lower())

    async def put(self, project: int, file: ShelfFile) -> None:
        """Write a new one down."""
        await self._redis.hset(keys.files(project), file.digest, self._shut(file))

    async def change(
        self, project: int, files: Sequence[ShelfFile], *, used_by: str = "", **fields: object
    ) -> None:
        """Set these fields of each; ``used_by`` comes on top. Raises NotFound."""

        def changed(file: ShelfFile) -> ShelfFile:
            uses = (*dict.fromkeys((*file.used_by, *filter(None, [used_by]))),)
            return file.model_copy(update={**fields, "used_by": uses})

        for file in files:
            missing = f"{file.name} was removed meanwhile: /soulcaster files"
            of = keys.files(project), file.digest, ShelfFile, changed
            await self._replace(*of, name=file.name, missing=missing)

    async def forget(self, project: int, theirs: Callable[[str, int | None], bool]) -> int:
        """Who added them, where this holds for that name and id; the files stay. How many."""
        # As Person.name says it.
        known = await self.all(project)
        mine = [file for file in known if theirs(file.by.partition(" (")[0], file.by_id)]
        for file in mine:
            with suppress(NotFound):  # it was removed just now
                await self.change(project, [file], by="", by_id=None)
        return len(mine)

    async def remove(self, project: int, files: Sequence[ShelfFile]) -> None:
        """Their records; their blobs are dropped by the caller."""
        await self._redis.hdel(keys.files(project), "", *(file.digest for file in files))

    async def shelves(self, project: int, **fields: object) -> Shelves:
        """The shelves, once these fields are set."""
        first = self._shut(Shelves(audience=Audience.PUBLIC))
        await self._redis.hsetnx(keys.files(project), _SHELVES, first)
        of = keys.files(project), _SHELVES, Shelves, lambda one: one.model_copy(update=fields)
        return await self._replace(*of, name="The shelves", missing="The shelves are gone.")


def _version(project: int, file: ShelfFile) -> tuple[object, ...]:
    """The same content added again may be read otherwise, as an image is by its name."""
    return project, file.digest, file.made_at


def _characters(parts: Sequence[Part]) -> int:
    return sum(len(part.text) for part in parts)
