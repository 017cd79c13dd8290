"""A file is handed over piece by piece; whole, it is read by a worker."""

from typing import Any

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.errors import BadPayload, Rejected, TooLarge, Unreadable
from bot.domain.imports import FileImport, Wanted
from bot.domain.models import Project
from bot.imports import kind_of
from bot.jobs import enqueue
from workers import jobs

PIECE = 1024 * 1024
# By so many bytes it is told whether it is a file of its kind, whoever sends it in what pieces.
BEGINNING = 1024
_TOLD = "number kind name state stage percent size records new known passed bad listed reason"


async def begin(
    ctx: Context, project: Project, kind: str, name: str, wanted: Wanted, size: int, **more: Any
) -> FileImport:
    """An import that waits for its ``size`` bytes; ``more`` are fields of it, ``by`` among them.
    Raises NotUnderstood for a kind there is not, BadPayload, TooLarge, and Runs."""
    most, now = ctx.settings.soulcaster_import_mb, ctx.now()
    if size > most * 1024 * 1024:
        raise TooLarge(f"A file may have {most:,} MB: see SOULCASTER_IMPORT_MB.")
    if size < 1:
        raise BadPayload("The file is empty.")
    label = name.replace("\\", "/").rpartition("/")[2][:200] or kind
    asked = FileImport(
        kind=kind_of(kind).NAME,
        name=label,
        size=size,
        whole=size,
        created_at=now,
        progressed_at=now,
        wanted=wanted,
        audience=Audience.TEAM,
        **more,
    )
    one = await ctx.file_imports.open(project.id, asked)
    for number in (one.number - 1, one.number):  # the one before may have stood still on its way
        await ctx.blobs.drop(project.id, one.model_copy(update={"number": number}).blob)
    return one


async def receive(
    ctx: Context, project: Project, one: FileImport, offset: int, data: bytes
) -> FileImport:
    """Take the next bytes of it; the last of them have it read. Raises Unreadable where they begin
    no file of its kind and TooLarge where there is no room for them, and the import fails; Rejected
    where they are not the next ones; TooLarge."""
    if not one.alive or one.stage != "receiving":
        raise Rejected(f"{one.stands}: it takes no more.", status=409)
    if offset + len(data) > one.size:
        raise TooLarge(f"It was said to have {one.size:,} bytes.")
    try:
        end = await ctx.blobs.append(project.id, one.blob, offset, data)
        if offset < BEGINNING and not kind_of(one.kind).fits(
            await ctx.blobs.read(project.id, one.blob, 0, BEGINNING)
        ):
            raise Unreadable(f"This is no file of kind {one.kind}.")
    except (Unreadable, TooLarge) as error:
        await ctx.file_imports.end(project.id, one.number, "failed", reason=str(error))
        await ctx.blobs.drop(project.id, one.blob)
        raise
    await ctx.file_imports.put(project.id, one.number, ctx.now(), done=end)
    return await settled(ctx, project, one.number)


async def settled(ctx: Context, project: Project, number: int) -> FileImport:
    """The import as it stands: with a whole file it is read from now on."""
    one = await ctx.file_imports.get(project.id, number)
    if one.alive and one.stage == "receiving" and one.done == one.size:
        one = await ctx.file_imports.put(project.id, number, ctx.now(), stage="reading", done=0)
        await enqueue(ctx, jobs.read_import, project.id, number)
    return one


def told(one: FileImport) -> dict[str, Any]:
    """An import as it is given over HTTP and to the shell."""
    return {name: getattr(one, name) for name in _TOLD.split()}
