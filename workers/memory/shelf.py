"""Files as context: put on a shelf, and read for a question, a plan or a fix."""

import asyncio
import base64
import hashlib
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from bot import documents
from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.errors import NotAllowed, NotFound, NotUnderstood, Rejected, TooLarge, Unavailable
from bot.domain.images import Image
from bot.domain.memory import shelf as shelves
from bot.domain.memory.passages import Chunk
from bot.domain.models import Cluster, Item, Project
from bot.github.app import READ
from bot.github.manifest import web_host
from bot.github.wire import fetch, unless_refused
from bot.log import log
from bot.storage.shelf import PARTS

_CHARACTERS = 4  # of a token, about
_PIECE = shelves.MB
# Where GitHub keeps attachments, beside its own host. The buckets are these two and no others:
# anybody can have one whose name begins so.
_KEPT_AT = (
    *("objects.githubusercontent.com", "user-images.githubusercontent.com"),
    *("private-user-images.githubusercontent.com", "raw.githubusercontent.com"),
    "github-production-user-asset-6210df.s3.amazonaws.com",
    "github-production-repository-file-5c1aeb.s3.amazonaws.com",
)
Chosen = list[tuple[shelves.ShelfFile, shelves.Part]]


async def add(
    ctx: Context,
    project: int,
    data: bytes,
    *,
    name: str,
    shelf: str,
    by: str,
    origin: str,
    audience: Audience,
    url: str = "",
    by_id: int | None = None,
) -> tuple[shelves.ShelfFile, bool]:
    """The file as it is kept, and whether it is new: the same content is kept once. Raises
    NotUnderstood, NotAllowed, TooLarge in one line; Unavailable while another is added."""
    if not (named := shelves.called(name)):
        raise NotUnderstood(f"{name!r} is no name of a file.")
    digest = hashlib.sha256(data).hexdigest()[:32]
    async with ctx.leases.hold(f"files:{project}") as held:
        if not held:
            raise Unavailable("Another file is being added.", retry_after=2)
        there = {file.digest: file for file in await ctx.shelf.all(project)}
        same = there.pop(digest, None)
        if same is not None and may_read(audience, same.audience):
            return same, False  # else what was the team's alone is found to be others' to read
        if any(file.name.lower() == named.lower() for file in there.values()):
            raise NotAllowed(f"There is another {named}: files remove {named} first, or --as=NAME.")
        on = (await ctx.shelf.shelves(project)).named(shelf or "files")
        if (
            len(there) >= shelves.FILES
            or sum(f.size for f in there.values()) + len(data) > shelves.SHELF_BYTES
        ):
            most = f"{shelves.FILES} files and {shelves.SHELF_BYTES // shelves.MB} MB"
            raise TooLarge(f"A project may keep {most}: remove some first, /soulcaster files")
        kind, parts, cut = await asyncio.to_thread(documents.read, named, data)
        known: dict[str, Any] = {"kind": kind, "size": len(data), "parts": len(parts), "cut": cut}
        known |= {"name": named, "shelf": on, "origin": origin, "url": url}
        known |= {"by": by, "by_id": by_id}
        known |= {"audience": audience, "used_by": same.used_by if same else ()}
        file = shelves.ShelfFile(digest=digest, made_at=ctx.now(), **known)
        for blob, kept in ((file.blob, data), (file.text, PARTS.dump_json(parts))):
            await ctx.blobs.drop(project, blob)
            for at in range(0, len(kept), _PIECE):
                await ctx.blobs.append(project, blob, at, kept[at : at + _PIECE])
        await ctx.shelf.put(project, file)
        for blob in (file.blob, file.text):
            await ctx.blobs.keep(project, blob)
        return file, True


async def remove(ctx: Context, project: int, files: Collection[shelves.ShelfFile]) -> None:
    """Forget them and what was drawn out of them."""
    await ctx.shelf.remove(project, [*files])
    for file in files:
        for blob in (file.blob, file.text):
            await ctx.blobs.drop(project, blob)


async def bytes_of(ctx: Context, project: int, blob: str) -> bytes:
    """All of a blob; none where it is gone."""
    found = bytearray()
    while piece := await ctx.blobs.read(project, blob, len(found), _PIECE):
        found += piece
    return bytes(found)


async def about(ctx: Context, project: int, question: str, readers: Audience) -> Chosen:
    """The parts that are most about it, of files that these may read, within the budget."""
    return await _fitting(ctx, project, question, await _readable(ctx, project, readers))


async def _readable(ctx: Context, project: int, readers: Audience) -> list[shelves.ShelfFile]:
    return [file for file in await ctx.shelf.all(project) if may_read(readers, file.audience)]


async def _fitting(
    ctx: Context, project: int, question: str, files: Collection[shelves.ShelfFile]
) -> Chosen:
    room = ctx.settings.soulcaster_files_tokens * _CHARACTERS
    best = list[tuple[shelves.ShelfFile, list[shelves.Part]]]()
    for file in files:  # one after the other: all of them together are hundreds of MB
        parts = ctx.shelf.ready(project, file)
        if parts is None:
            text = await bytes_of(ctx, project, file.text)
            if not text:
                log.warning("the text of a file is gone", project=project, file=file.digest)
                continue
            parts = await asyncio.to_thread(PARTS.validate_json, text)
            ctx.shelf.hold(project, file, parts)
        found = await asyncio.to_thread(shelves.fitting, [(file, parts)], question, room=room)
        best += [(file, [part]) for _, part in found]
    return shelves.fitting(best, question, room=room)


async def along(
    ctx: Context, project: int, case: tuple[Cluster, Sequence[Item]], readers: Audience, *run: str
) -> shelves.Along:
    """What of the files that people chose for a problem, or for a ``run`` of it, fits it."""
    cluster, items = case
    told = "\n".join([cluster.title, *(f"{i.title}\n{i.body[:2_000]}" for i in items)])
    names = {cluster.name, *run}
    files = [f for f in await _readable(ctx, project, readers) if names & {*f.used_by}]
    texts = [file for file in files if file.kind not in shelves.IMAGES]
    images = {
        f".soulcaster/files/{file.name}": await bytes_of(ctx, project, file.blob)
        for file in files
        if file.kind in shelves.IMAGES
    }
    return shelves.Along(await _fitting(ctx, project, told, texts), images)


async def images_of(ctx: Context, project: int, chunks: Sequence[Chunk]) -> list[Image]:
    """The images among what may be read here, as a model is shown them: the first that there is
    room for."""
    others = {c.name for c in chunks if not c.image}  # what cites a report is to be checked by it
    found = [c for c in chunks if c.image and c.name not in others][: shelves.SHOWN]
    images, room = list[Image](), shelves.SHOWN_BYTES
    for chunk in found:
        data = await bytes_of(ctx, project, chunk.image)
        if (kind := documents.image_kind(data)) and len(data) <= room:
            images.append(Image(chunk.name, f"image/{kind.lower()}", data))
            room -= len(data)
    return images


async def of_repository(ctx: Context, project: Project, path: str, ref: str) -> tuple[bytes, str]:
    """A file as it is at the commit that ``ref`` names now, and that commit. Raises NotFound,
    TooLarge, Unavailable, Rejected.
    https://docs.github.com/en/rest/repos/contents#get-repository-content"""
    repo = ctx.github.repo(project, READ)
    named = quote(ref or project.default_branch, safe="/")
    commit = await unless_refused(repo.get(f"/commits/{named}"), 404, 409, 422)
    if commit is None:
        raise NotFound(f"{project.full_name} has no branch, tag or commit {ref}.")
    sha = str(commit["sha"])
    found = await unless_refused(repo.get(f"/contents/{quote(path)}{{?ref}}", ref=sha), 404)
    if not isinstance(found, dict) or found.get("type") != "file":
        raise NotFound(f"{project.full_name} has no file {path} at {sha[:7]}.")
    if found["size"] > shelves.FILE_BYTES:
        raise TooLarge(
            f"{path} has {found['size'] / shelves.MB:.1f} MB, and a file may have 20 MB."
        )
    if found["size"] and not found.get("content"):  # over 1 MB it is only told as a blob
        found = await repo.get(f"/git/blobs/{found['sha']}")
    return base64.b64decode(found["content"]), sha


async def of_attachment(ctx: Context, url: str) -> bytes:
    """A file that somebody attached on GitHub, asked for as anybody would: no token goes along.
    Raises NotAllowed for another host, also where one leads on; NotFound, TooLarge, Unavailable."""
    ours = URL(web_host(ctx.settings.github_api_url))

    async def check(
        request: aiohttp.ClientRequest, ask: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        at = request.url
        attached = "/user-attachments/" in at.path or "/files/" in at.path
        if not (
            (attached and at.origin() == ours.origin())
            or (at.scheme == "https" and at.authority in _KEPT_AT)
        ):
            raise NotAllowed(
                f"{url[:100]} is no attachment on GitHub: give the address that {ours.host} gave "
                "it, or add the file in the shell."
            )
        return await ask(request)

    try:
        return await fetch(ctx.http, url, shelves.FILE_BYTES, check)
    except Rejected as error:
        why = f"GitHub does not give that attachment to everybody ({error.status})"
        raise NotFound(f"{why}: add the file in the shell.") from error
