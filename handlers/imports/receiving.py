"""A file is handed over piece by piece; whole, it is read by a worker."""

from __future__ import annotations

from typing import Any

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.errors import BadPayload, NotAllowed, Rejected, TooLarge, Unreadable
from bot.domain.imports import FileImport, Wanted
from bot.domain.models import Project
from bot.imports import kind_of
from bot.jobs import enqueue
from workers import jobs

_MB = PIECE = 1024 * 1024
_NAMED = 200


_TOLD = "number kind name state stage percent size records new known passed bad listed reason"


class Runs(NotAllowed):
    """Another import of the project is alive."""


async def begin(
    ctx: Context, project: Project, *, kind: str, name: str, wanted: Wanted, size: int, by: str
) -> FileImport:
    """An import that waits for its ``size`` bytes.

    Raises NotUnderstood for a kind there is not, TooLarge, and Runs where another is alive.
    """
    kind_of(kind)
    if size > (most := ctx.settings.soulcaster_import_mb) * _MB:
        raise TooLarge(f"A file may have {most:,} MB: see SOULCASTER_IMPORT_MB.")
    if size < 1:
        raise BadPayload("The file is empty.")
    now, label = ctx.now(), name.replace("\\", "/").rpartition("/")[2][:_NAMED] or kind
    asked = FileImport(
        audience=Audience.TEAM,
        kind=kind,
        name=label,
        wanted=wanted,
        by=by,
        whole=size,
        size=size,
        created_at=now,
        progressed_at=now,
    )
    one = await ctx.file_imports.open(project.id, asked)
    if (one.created_at, one.name) != (asked.created_at, asked.name):
        raise Runs(f"{one.stands}. Wait for it, or say: import stop")
    await ctx.blobs.drop(project.id, one.blob)
    return one


async def receive(
    ctx: Context, project: Project, one: FileImport, offset: int, data: bytes
) -> FileImport:
    """Take the next bytes of it; the last of them have it read.

    Raises Unreadable, and the import fails, where they begin no file of its kind; Rejected where
    they are not the next ones; TooLarge.
    """
    if not one.alive or one.stage != "receiving":
        raise Rejected(f"{one.stands}: it takes no more.", status=409)
    if offset + len(data) > one.size:
        raise TooLarge(f"It was said to have {one.size:,} bytes.")
    if offset == 0 and not kind_of(one.kind).fits(data[:1024]):
        why = f"This is no file of kind {one.kind}."
        fields = {"state": "failed", "stage": "", "reason": why}
        await ctx.file_imports.put(project.id, one.number, ctx.now(), **fields)
        raise Unreadable(why)
    end = await ctx.blobs.append(project.id, one.blob, offset, data)
    await ctx.file_imports.put(project.id, one.number, ctx.now(), done=end)
    return await settled(ctx, project, one.number)


async def settled(ctx: Context, project: Project, number: int) -> FileImport:
    """The import as it stands: with a whole file it is read from now on."""
    one = await ctx.file_imports.get(project.id, number)
    if one.alive and one.stage == "receiving" and one.done == one.size:
        fields = {"stage": "reading", "done": 0}
        one = await ctx.file_imports.put(project.id, number, ctx.now(), **fields)
        await enqueue(ctx, jobs.read_import, project.id, number)
    return one


def told(one: FileImport) -> dict[str, Any]:
    """An import as it is given over HTTP and to the shell."""
    return {name: getattr(one, name) for name in _TOLD.split()}
