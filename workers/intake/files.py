"""A file that was handed over becomes reports of the project: history, which nobody is told of. It
is read as a stream, off the loop, from its pieces. How far that is stands behind every batch:
killed, it goes on there, and what was recorded already is recorded once."""

import asyncio
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO, cast

from typing_extensions import override

from bot.context import Context
from bot.domain.imports import LISTED, SAMPLE, FileImport
from bot.domain.models import Draft
from bot.imports import kind_of
from bot.imports.reading import Row, draft_of
from bot.jobs import enqueue
from bot.storage.connection import require_room
from workers import jobs

BATCH = 100
_PATIENCE = 60.0
# A record's line, and its report, why it is none, or None where it is none of ours.
Told = tuple[int, Draft | str | None]


class BlobFile(io.RawIOBase):
    """A blob as a file of another thread than the loop's."""

    def __init__(self, ctx: Context, project: int, name: str, size: int) -> None:
        self._ctx, self._of, self._size = ctx, (project, name), size
        self._loop = asyncio.get_running_loop()
        self.at = 0

    @override
    def readable(self) -> bool:
        """It is."""
        return True

    @override
    def seekable(self) -> bool:
        """It is."""
        return True

    @override
    def seek(self, offset: int, whence: int = 0) -> int:
        """As files do."""
        if (at := offset + (0, self.at, self._size)[whence]) < 0:
            raise ValueError(f"There is nothing at {at}.")
        self.at = at
        return self.at

    @override
    def readinto(self, buffer: object) -> int:
        """The next of it, up to the end of a piece."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        wanted = self._ctx.blobs.read(*self._of, self.at, len(view))
        data = asyncio.run_coroutine_threadsafe(wanted, self._loop).result(_PATIENCE)
        view[: len(data)] = data
        self.at += len(data)
        return len(data)


async def read_file(ctx: Context, project: int, one: FileImport) -> FileImport:
    """Read it to its end, or until the import is stopped. Raises BadPayload."""
    raw = BlobFile(ctx, project, one.blob, one.size)
    file = cast(BinaryIO, io.BufferedReader(raw, 1024 * 1024))
    rows = islice(kind_of(one.kind).rows(file, one.wanted), one.records, None)
    resumed = True  # of the first batch some may be recorded already
    while one.alive and (batch := await asyncio.to_thread(_batch, rows, one)):
        how_far = {"done": raw.at, "whole": one.size}
        one = await record(ctx, project, one, batch, resumed=resumed, **how_far)
        resumed = False
    return one


def _batch(rows: Iterator[Row], one: FileImport) -> list[Told]:
    def read(row: Row) -> Draft | str | None:
        of = one.kind, one.number, row.told, one.created_at
        return row.wrong or (draft_of(*of) if row.told else None)

    return [(row.line, read(row)) for row in islice(rows, BATCH)]


async def record(
    ctx: Context,
    project: int,
    one: FileImport,
    batch: Sequence[Told],
    *,
    resumed: bool,
    **how_far: Any,
) -> FileImport:
    """Count a batch, once however often that is tried; ``how_far`` it is then is written with it.
    ``resumed``: some of it may have been recorded by who was killed. Raises TooLarge."""
    await require_room(ctx.redis)
    drafts = [told for _, told in batch if isinstance(told, Draft)]
    recorded = await ctx.items.record_all(project, drafts, ctx.now())
    new = {found.item for found in recorded if found.new}
    if resumed and len(new) < len(drafts):
        held = await ctx.items.many(project, [found.item for found in recorded])
        new |= {item.number for item in held if item.brought_by == one.number}
    wrong = [f"line {line}: {told}" for line, told in batch if isinstance(told, str)]
    many = await ctx.file_imports.bring(project, one.number, sorted(new))
    if new:
        await enqueue(ctx, jobs.cluster_items, project, delay=1.0)
    if one.asked_at is None and many >= SAMPLE:
        await enqueue(ctx, jobs.get_to_know, project)
        how_far["asked_at"] = ctx.now()
    return await ctx.file_imports.put(
        *(project, one.number, ctx.now()),
        records=one.records + len(batch),
        new=many,
        known=one.known + len(drafts) - len(new),
        passed=one.passed + len(batch) - len(drafts) - len(wrong),
        bad=one.bad + len(wrong),
        listed=(*one.listed, *wrong)[:LISTED],
        first=one.first or min(new, default=0),
        last=max(one.last, *new, 0),
        **how_far,
    )
