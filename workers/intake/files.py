"""A file that was handed over becomes reports of the project: history, which nobody is told of.

It is read as a stream, off the loop, from its pieces. How far that is stands behind every batch:
killed, it goes on there, and what was recorded already is recorded once.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import BinaryIO, cast

from typing_extensions import override

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Action, Bullets, Card, Code, Fact, Section
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
        self.at = offset + (0, self.at, self._size)[whence]
        return self.at

    @override
    def tell(self) -> int:
        """As files do."""
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
            one = await ctx.file_imports.put(
                project_id, number, ctx.now(), state="failed", stage="", reason=str(error)
            )
    if not one.alive or one.stage == "clustering":
        await ctx.blobs.drop(project_id, one.blob)
    if one.stage == "clustering" and one.state in ("processing", "quick ready"):
        one = await _follow(ctx, project_id, one)
    await show(ctx, project, one, before)


async def _read(ctx: Context, project: int, one: FileImport) -> FileImport:
    """Every record from the next on."""
    raw = BlobFile(ctx, project, one.blob, one.size)
    file = cast(BinaryIO, io.BufferedReader(raw, 256 * 1024))
    rows = islice(kind_of(one.kind).rows(file, one.wanted), one.records, None)
    resumed = True  # of the first batch some may be recorded already
    while batch := await asyncio.to_thread(_batch, rows, one, one.created_at):
        one = await _record(ctx, project, one, batch, raw.at, resumed=resumed)
        if not one.alive:
            return one
        resumed = False
    quick = {"stage": "clustering", "done": 0, "whole": min(one.new, SAMPLE)}
    return await ctx.file_imports.put(project, one.number, ctx.now(), **quick)


Told = tuple[Row, Draft | str | None]


def _batch(rows: Iterator[Row], one: FileImport, now: datetime) -> list[Told]:
    return [
        (row, row.wrong or (draft_of(one.kind, one.number, row.told, now) if row.told else None))
        for row in islice(rows, BATCH)
    ]


async def _record(
    ctx: Context, project: int, one: FileImport, batch: Sequence[Told], at: int, *, resumed: bool
) -> FileImport:
    drafts = [told for _, told in batch if isinstance(told, Draft)]
    recorded = await ctx.items.record_all(project, drafts, ctx.now())
    new = {found.item for found in recorded if found.new}
    if resumed and len(new) < len(drafts):
        known = [found.item for found in recorded if found.item > 0 and not found.new]
        held = await ctx.items.many(project, known)
        new |= {item.number for item in held if item.brought_by == one.number}
    count = await ctx.file_imports.bring(project, one.number, sorted(new))
    wrong = [f"line {row.line}: {told}" for row, told in batch if isinstance(told, str)]
    first = one.first or min(new, default=0)
    quick = one.quick if one.new >= SAMPLE else max(new, default=one.quick)
    one = await ctx.file_imports.put(
        project,
        one.number,
        ctx.now(),
        done=at,
        whole=one.size,
        records=one.records + len(batch),
        new=count,
        known=one.known + len(drafts) - len(new),
        passed=one.passed + len(batch) - len(drafts) - len(wrong),
        bad=one.bad + len(wrong),
        listed=(*one.listed, *wrong)[:LISTED],
        first=first,
        quick=quick,
        last=max(one.last, max(new, default=0)),
    )
    if new:
        await enqueue(ctx, jobs.cluster_items, project, delay=1.0)
    return one


async def _follow(ctx: Context, project: int, one: FileImport) -> FileImport:
    """How many of the sample, and then of all, have a cluster."""
    if one.alive:
        left = await ctx.items.left_of(project, one.first, one.quick) if one.new else 0
        fields: dict[str, object] = {"done": max(0, one.whole - left)}
        if not left:
            fields["state"] = "quick ready"
        one = await ctx.file_imports.put(project, one.number, ctx.now(), **fields)
    left = one.new and await ctx.items.left_of(project, one.first, one.last)
    if one.state == "quick ready" and not left:
        ended = {"state": "complete", "stage": ""}
        return await ctx.file_imports.change(
            project, one.number, lambda now: now.model_copy(update=ended)
        )
    if one.state in ("processing", "quick ready"):
        await enqueue(ctx, jobs.cluster_items, project, delay=1.0)
        await enqueue(ctx, jobs.read_import, project, one.number, delay=_LOOK_SECONDS)
    return one


def file_import_card(project: Project, one: FileImport, *, readers: Audience) -> Card:
    """How far an import is, or what it brought."""
    facts = [Fact("Import", f"{one.number}, of kind {one.kind}"), Fact("By", Code(one.by))]
    if one.stage:
        facts.append(Fact("Stage", f"{one.stage}, {one.percent} %"))
    counted = (
        *((one.new, "new"), (one.known, "known already"), (one.bad, "bad")),
        (one.passed, "no reports"),
    )
    told = ", ".join(f"{count:,} {what}" for count, what in counted if count or what == "new")
    facts.append(Fact("Records", f"{one.records:,} read: {told}"))
    if one.reason:
        facts.append(Fact("Reason", one.reason))
    tones = {"complete": "succeeded", "failed": "failed", "stopped": "refused"}
    tones |= {"processing": "running", "quick ready": "running", "undone": "succeeded"}
    listed = (Section(Bullets(*((line,) for line in one.listed)), title="Bad records"),)
    actions = []
    if one.alive:
        actions.append(Action("Stop", f"import stop {one.number}"))
    elif one.new and one.state != "undone":
        actions.append(Action("Take back", f"import undo {one.number}"))
    return Card.model_validate(
        {
            "key": f"import:{one.number}",
            "audience": readers,
            "title": (f"Import {one.number} of ", Code(one.name), f" is {one.state}"),
            "tone": tones[one.state],
            "facts": tuple(facts),
            "sections": listed if one.listed else (),
            "actions": tuple(actions),
            "footer": ("What it brings is the team's, counts towards no quota, and is not told.",),
        }
    )


async def show(ctx: Context, project: Project, one: FileImport, before: FileImport) -> None:
    """Say how far it is where it was asked for, at every tenth and in the end."""
    if one.place is None or (one.state, one.percent // 10) == (before.state, before.percent // 10):
        return
    readers = await readers_at(ctx, project, one.place)
    try:
        card = file_import_card(project, one, readers=readers)
        await say(ctx, project, one.place, card)
    except (Rejected, Unavailable) as error:
        log.info("could not say how far the import is", why=str(error))
