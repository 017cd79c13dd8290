"""Imports of files: one at a time a project, and which items each brought."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime

from bot.domain.errors import NotFound
from bot.domain.imports import STALE_SECONDS, FileImport
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import number

STEP = 200


class FileImports(Store):
    """The file imports of every project."""

    async def open(self, project: int, wanted: FileImport) -> FileImport:
        """``wanted``, numbered; or the one that is alive. One that has shown no progress for a
        while is taken over: it fails."""
        while True:
            known = await self.all(project)
            for one in known:
                waited = (wanted.created_at - one.progressed_at).total_seconds()
                if one.alive and waited < STALE_SECONDS:
                    return one
                if one.alive:
                    await self.change(project, one.number, _taken_over)
            mine = wanted.model_copy(update={"number": known[0].number + 1 if known else 1})
            made = self._seal.shut(mine.model_dump_json())
            if await self._redis.hsetnx(keys.file_imports(project), str(mine.number), made):
                return mine

    async def all(self, project: int) -> list[FileImport]:
        """Newest first."""
        found = await self._redis.hvals(keys.file_imports(project))
        made = [FileImport.read(self._seal.open(kept)) for kept in found]
        return sorted(made, key=lambda one: -one.number)

    async def get(self, project: int, wanted: int) -> FileImport:
        """One of them. Raises NotFound."""
        kept = await self._redis.hget(keys.file_imports(project), str(wanted))
        if kept is None:
            raise NotFound(_missing(wanted))
        return FileImport.read(self._seal.open(kept))

    async def change(
        self, project: int, wanted: int, decide: Callable[[FileImport], FileImport]
    ) -> FileImport:
        """What ``decide`` makes of the newest record."""
        return await self._replace(
            keys.file_imports(project),
            str(wanted),
            FileImport,
            decide,
            name=f"Import {wanted}",
            missing=_missing(wanted),
        )

    async def put(self, project: int, wanted: int, now: datetime, **fields: object) -> FileImport:
        """Write these fields of one that is alive, as progress; others stay as they are."""

        def changed(one: FileImport) -> FileImport:
            return one.model_copy(update={**fields, "progressed_at": now}) if one.alive else one

        return await self.change(project, wanted, changed)

    async def bring(self, project: int, wanted: int, items: Collection[int]) -> int:
        """These came of it; how many did in all."""
        key = keys.brought(project, wanted)
        if items:
            await self._redis.sadd(key, *items)
        return int(await self._redis.scard(key))

    async def brought(self, project: int, wanted: int) -> AsyncIterator[list[int]]:
        """What came of it, by the hundred; what was let go of is no longer told."""
        key = keys.brought(project, wanted)
        while found := await self._redis.srandmember(key, STEP):
            yield sorted(number(item) for item in found)

    async def touch(self, project: int, wanted: int, clusters: Collection[int]) -> set[int]:
        """These lose reports of it; all that did."""
        key = keys.brought(project, f"{wanted}:clusters")
        if clusters:
            await self._redis.sadd(key, *clusters)
        return {number(cluster) for cluster in await self._redis.smembers(key)}

    async def let_go(self, project: int, wanted: int, items: Collection[int]) -> None:
        """These are not its any more."""
        await self._redis.srem(keys.brought(project, wanted), *items)


def _taken_over(one: FileImport) -> FileImport:
    why = "no progress for 15 minutes: another took its place"
    return one.model_copy(update={"state": "failed", "stage": "", "reason": why})


def _missing(wanted: int) -> str:
    return f"There is no import {wanted} in this project."
