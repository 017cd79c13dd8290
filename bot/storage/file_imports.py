"""Imports of files: one at a time a project, and which items each brought."""

from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime

from bot.domain.errors import NotAllowed
from bot.domain.imports import STALE_SECONDS, FileImport, ImportState
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import number

STEP = 200


class Runs(NotAllowed):
    """Another import of the project is alive."""


class FileImports(Store):
    """The file imports of every project."""

    async def open(self, project: int, wanted: FileImport) -> FileImport:
        """``wanted``, numbered. One that has shown no progress for a while is taken over: it fails.
        Raises Runs where another is alive, with how far that is."""
        while True:
            known = await self.all(project)
            for one in (each for each in known if each.alive):
                waited = (wanted.created_at - one.progressed_at).total_seconds()
                if waited < STALE_SECONDS:
                    raise Runs(f"{one.stands}. Wait, or say: import stop")
                why = "no progress for 15 minutes: another took its place"
                await self.end(project, one.number, "failed", reason=why)
            mine = wanted.model_copy(update={"number": known[0].number + 1 if known else 1})
            key = keys.file_imports(project)
            if await self._redis.hsetnx(key, str(mine.number), self._shut(mine)):
                return mine

    async def all(self, project: int) -> list[FileImport]:
        """Newest first."""
        return await self._all(keys.file_imports(project), FileImport, lambda one: -one.number)

    async def get(self, project: int, wanted: int) -> FileImport:
        """One of them. Raises NotFound."""
        return await self._change(project, wanted, lambda one: one)

    async def put(self, project: int, wanted: int, now: datetime, **fields: object) -> FileImport:
        """Write these fields of one that goes on, as progress; others stay as they are."""
        told = {**fields, "progressed_at": now}
        return await self._change(
            project, wanted, lambda one: one.model_copy(update=told) if one.stage else one
        )

    async def end(
        self, project: int, wanted: int, state: ImportState, **fields: object
    ) -> FileImport:
        """It has ended so, unless it is taken back, or nobody followed it any more."""
        told = {**fields, "state": state, "stage": ""}

        def ended(one: FileImport) -> FileImport:
            over = one.state == "undone" or (state == "complete" and not one.stage)
            return one if over else one.model_copy(update=told)

        return await self._change(project, wanted, ended)

    async def _change(
        self, project: int, wanted: int, decide: Callable[[FileImport], FileImport]
    ) -> FileImport:
        of = keys.file_imports(project), str(wanted), FileImport, decide
        missing = f"There is no import {wanted} in this project."
        return await self._replace(*of, name=f"Import {wanted}", missing=missing)

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
