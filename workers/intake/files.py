"""A file that was handed over becomes reports of the project: history, which nobody is told of.

It is read as a stream, off the loop, from its pieces. How far that is stands behind every batch:
killed, it goes on there, and what was recorded already is recorded once.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import BinaryIO, cast

from typing_extensions import override

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Action, Bullets, Card, Code, Fact, Said, Section, Tone
from bot.domain.errors import BadPayload, Rejected, Unavailable
from bot.domain.imports import LISTED, SAMPLE, FileImport
from bot.domain.models import Draft, Project
from bot.imports import kind_of
from bot.imports.reading import Row, draft_of
from bot.jobs import enqueue
from bot.log import log
from bot.say import readers_at, say
from workers import jobs

BATCH = 100
# Between two looks at how many have a cluster.
_LOOK_SECONDS = 2.0
_PATIENCE = 60.0


def reading(project: int, number: int) -> str:
    """The lease of whoever reads an import, or takes it back."""
    return f"import:{project}:{number}"


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


async def read_import(ctx: Context, project_id: int, number: int) -> None:
    """Read the file, then follow it until its reports have their clusters."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    one = before = await ctx.file_imports.get(project_id, number)
    if one.alive and one.stage == "reading":
        try:
            async with ctx.leases.hold(reading(project_id, number)) as held:
                if not held:
                    raise Unavailable("It is read by another, or taken back.", retry_after=1)
                one = await _read(ctx, project_id, one)
        except BadPayload as error:
            one = await ctx.file_imports.end(project_id, number, "failed", reason=str(error))
    if one.stage in ("clustering", ""):
        await ctx.blobs.drop(project_id, one.blob)
    if one.stage == "clustering":
        one = await _follow(ctx, project_id, one)
    await show(ctx, project, one, before)


async def _read(ctx: Context, project: int, one: FileImport) -> FileImport:
    raw = BlobFile(ctx, project, one.blob, one.size)
    file = cast(BinaryIO, io.BufferedReader(raw, 256 * 1024))
    rows = islice(kind_of(one.kind).rows(file, one.wanted), one.records, None)
    resumed = True  # of the first batch some may be recorded already
    while batch := await asyncio.to_thread(_batch, rows, one):
        one = await _record(ctx, project, one, batch, raw.at, resumed=resumed)
        if not one.alive:
            return one
        resumed = False
    quick = {"stage": "clustering", "done": 0, "whole": min(one.new, SAMPLE)}
    return await ctx.file_imports.put(project, one.number, ctx.now(), **quick)


Told = tuple[int, Draft | str | None]


def _batch(rows: Iterator[Row], one: FileImport) -> list[Told]:
    def read(row: Row) -> Draft | str | None:
        of = one.kind, one.number, row.told, one.created_at
        return row.wrong or (draft_of(*of) if row.told else None)

    return [(row.line, read(row)) for row in islice(rows, BATCH)]


async def _record(
    ctx: Context, project: int, one: FileImport, batch: Sequence[Told], at: int, *, resumed: bool
) -> FileImport:
    drafts = [told for _, told in batch if isinstance(told, Draft)]
    recorded = await ctx.items.record_all(project, drafts, ctx.now())
    new = {found.item for found in recorded if found.new}
    if resumed and len(new) < len(drafts):
        held = await ctx.items.many(project, [found.item for found in recorded])
        new |= {item.number for item in held if item.brought_by == one.number}
    wrong = [f"line {line}: {told}" for line, told in batch if isinstance(told, str)]
    first, last = min(new, default=0), max(new, default=0)
    if new:
        await enqueue(ctx, jobs.cluster_items, project, delay=1.0)
    return await ctx.file_imports.put(
        *(project, one.number, ctx.now()),
        done=at,
        whole=one.size,
        records=one.records + len(batch),
        new=await ctx.file_imports.bring(project, one.number, sorted(new)),
        known=one.known + len(drafts) - len(new),
        passed=one.passed + len(batch) - len(drafts) - len(wrong),
        bad=one.bad + len(wrong),
        listed=(*one.listed, *wrong)[:LISTED],
        first=one.first or first,
        quick=one.quick if one.new >= SAMPLE else last or one.quick,
        last=max(one.last, last),
    )


async def _follow(ctx: Context, project: int, one: FileImport) -> FileImport:
    """How many of the sample, and then of all, have a cluster."""
    of = project, one.number
    left = await ctx.items.left_of(project, one.first, one.quick) if one.alive and one.new else 0
    stands = {"state": "processing" if left else "quick ready", "done": max(0, one.whole - left)}
    if not left and one.new and one.state == "processing":
        await enqueue(ctx, jobs.get_to_know, project)
    one = await ctx.file_imports.put(project, one.number, ctx.now(), **stands)
    if not left and not (one.new and await ctx.items.left_of(project, one.first, one.last)):
        return await ctx.file_imports.end(*of, "complete")
    await enqueue(ctx, jobs.cluster_items, project, delay=1.0)
    await enqueue(ctx, jobs.read_import, *of, delay=_LOOK_SECONDS)
    return one


def file_import_card(project: Project, one: FileImport, *, readers: Audience) -> Card:
    """How far an import is, or what it brought. A file's name and what is quoted of it are for
    those who may read what it brings."""
    if not may_read(readers, one.audience):
        one = one.model_copy(update={"name": f"{one.kind} file", "listed": (), "reason": ""})
    counts = {"new": one.new, "known already": one.known, "bad": one.bad, "no reports": one.passed}
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    stage = f"{one.stage}, {one.percent} %" if one.stage else one.reason
    facts = {"Kind": one.kind, "By": one.by, "How far": Said(stage) if stage else ""}
    facts["Records"] = f"{one.records:,} read: {told or 'none is new'}"
    action = "stop" if one.alive else "undo" if one.new and one.state != "undone" else ""
    tones: Mapping[str, Tone] = {"failed": "failed", "stopped": "refused", "processing": "running"}
    lines = Bullets(*((Said(line),) for line in one.listed))
    return Card(
        key=f"import:{one.number}",
        audience=readers,
        title=(f"Import {one.number} of ", Code(one.name), f" is {one.state}"),
        tone=tones.get(one.state, "succeeded"),
        facts=tuple(Fact(name, value) for name, value in facts.items() if value),
        sections=(Section(lines, title="Bad records"),) if one.listed else (),
        actions=(Action(action.capitalize(), f"import {action} {one.number}"),) if action else (),
        footer=("What it brings is the team's, counts towards no quota, and nobody is told.",),
    )


async def show(ctx: Context, project: Project, one: FileImport, before: FileImport) -> None:
    """Say how far it is where it was asked for, at every tenth and in the end."""
    if one.place is None or (one.state, one.percent // 10) == (before.state, before.percent // 10):
        return
    try:
        readers = await readers_at(ctx, project, one.place)
        await say(ctx, project, one.place, file_import_card(project, one, readers=readers))
    except (Rejected, Unavailable) as error:
        log.info("could not say how far the import is", why=str(error))
