"""``/imports``: files by the tus protocol 1.0 (creation, termination), with a project's token; and
``/exports``, which a link leads to. https://tus.io/protocols/resumable-upload · ``GET`` on an
upload's address says how it stands."""

import asyncio
from base64 import b64decode
from binascii import Error as NoBase64
from secrets import token_hex

from aiohttp import web
from pydantic import ValidationError

from bot.context import Context
from bot.domain.commands.command import Level
from bot.domain.errors import BadPayload, NotAllowed, NotFound, Rejected, TooSlow
from bot.domain.imports import Download, FileImport, Wanted
from bot.domain.models import Project
from bot.storage.file_imports import Runs
from handlers.api.endpoints import Asked
from handlers.api.serving import known
from handlers.doors.doors import Doors
from handlers.imports.exporting import lines
from workers.commands.permission import require_pace
from workers.intake.receiving import PIECE, begin, receive, settled, told

TUS = "1.0.0"
_EXTENSIONS = "creation,termination"
_OFFSET = "application/offset+octet-stream"


class ImportDoor:
    """All methods of it. A request that is not proven is answered before its body is read."""

    def __init__(self, ctx: Context, doors: Doors) -> None:
        self._ctx, self._doors = ctx, doors

    def add_routes(self, app: web.Application) -> None:
        """Enter them, with the header that each answer has."""
        app.router.add_options("/imports", self._options)
        app.router.add_post("/imports", self._create)
        methods = {
            "GET": self._show,
            "HEAD": self._head,
            "PATCH": self._patch,
            "DELETE": self._stop,
        }
        for method, handler in methods.items():
            app.router.add_route(method, "/imports/{id:[1-9][0-9]{0,8}}", handler)

        app.router.add_get("/exports/{word:[0-9a-f]{24}}", self._export)

        async def mark(request: web.Request, answer: web.StreamResponse) -> None:
            if request.path.startswith("/imports"):
                answer.headers["Tus-Resumable"] = TUS

        app.on_response_prepare.append(mark)

    async def _options(self, _request: web.Request) -> web.Response:
        most = self._ctx.settings.soulcaster_import_mb * 1024 * 1024
        headers = {"Tus-Version": TUS, "Tus-Extension": _EXTENSIONS, "Tus-Max-Size": str(most)}
        return web.Response(status=204, headers=headers)

    async def _create(self, request: web.Request) -> web.Response:
        asked = await self._asked(request)
        length = request.headers.get("Upload-Length", "")
        if not length.isascii() or not length.isdigit():
            raise BadPayload("Say how long the file is: Upload-Length.")
        meta = _metadata(request.headers.get("Upload-Metadata", ""))
        try:
            wanted = Wanted.model_validate_json(meta.get("wanted") or "{}")
        except ValidationError as error:
            raise BadPayload(f"wanted: {error.errors()[0]['msg']}.") from None
        named = meta.get("kind", ""), meta.get("filename", ""), wanted, int(length[:18])
        try:
            one = await begin(self._ctx, asked.project, *named, by=asked.person.name)
        except Runs as error:
            return _conflict(str(error))
        return web.Response(status=201, headers={"Location": f"/imports/{one.number}"})

    async def _show(self, request: web.Request) -> web.Response:
        _, one = await self._found(request, tus=False)
        return web.json_response(told(one))

    async def _head(self, request: web.Request) -> web.Response:
        _, one = await self._found(request)
        headers = {"Upload-Length": str(one.size), "Cache-Control": "no-store"}
        return web.Response(headers={**_end(one), **headers})

    async def _patch(self, request: web.Request) -> web.Response:
        if request.content_type != _OFFSET:
            raise web.HTTPUnsupportedMediaType(reason=f"Send {_OFFSET}.")
        asked, one = await self._found(request)
        async with self._ctx.leases.hold(f"upload:{asked.project.id}:{one.number}") as held:
            if not held or request.headers.get("Upload-Offset") != str(one.done):
                return _conflict(f"It ends at {one.done}.")
            try:
                one = await self._receive(request, asked.project, one)
            except Rejected as error:
                return _conflict(str(error))
        return web.Response(status=204, headers=_end(one))

    async def _receive(self, request: web.Request, project: Project, one: FileImport) -> FileImport:
        """What comes, in pieces; of a body that breaks off, what came."""
        held, ended = bytearray(), False
        while not ended:
            try:
                async with asyncio.timeout(self._doors.bodies.seconds):
                    piece = await request.content.readany()
                ended = not piece
            except TimeoutError:
                raise TooSlow("The body did not come in time.") from None
            except (web.RequestPayloadError, ConnectionError):
                piece, ended = b"", True
            held += piece
            if held and (ended or len(held) >= PIECE):
                one = await receive(self._ctx, project, one, one.done, bytes(held))
                held.clear()
        return one

    async def _export(self, request: web.Request) -> web.StreamResponse:
        """A file, as long as the link is good and who asked for it may still have it."""
        ctx, word = self._ctx, request.match_info["word"]
        try:
            download = Download.read(await ctx.vault.handed_over(word))
        except ValidationError:
            raise NotFound("This link is good no more: say export again.") from None
        project = await ctx.projects.get(download.exported)
        await Asked(ctx, project, download.by, "export").require(Level.L4)
        await require_pace(ctx, download.by, "costly", token_hex(10), ctx.now())
        name = f"{project.full_name.replace('/', '-')}.jsonl"
        headers = {"Content-Disposition": f"attachment; filename={name}"}
        headers |= {"Cache-Control": "no-store", "Content-Type": "application/x-ndjson"}
        answer = web.StreamResponse(headers=headers)
        await answer.prepare(request)
        async for line in lines(ctx, project):
            await answer.write(f"{line}\n".encode())
        return answer

    async def _stop(self, request: web.Request) -> web.Response:
        asked, one = await self._found(request)
        await asked.say(f"import stop {one.number}")
        return web.Response(status=204)

    async def _found(self, request: web.Request, *, tus: bool = True) -> tuple[Asked, FileImport]:
        asked = await self._asked(request, tus=tus)
        return asked, await settled(self._ctx, asked.project, int(request.match_info["id"]))

    async def _asked(self, request: web.Request, *, tus: bool = True) -> Asked:
        """Who asks. Raises what they are refused for."""
        if tus and request.headers.get("Tus-Resumable") != TUS:
            raise web.HTTPPreconditionFailed(headers={"Tus-Version": TUS})
        token, project = await known(self._ctx, self._doors, request)
        self._doors.connections.proven(request)
        if token.scope != "write":
            raise NotAllowed("This token may only read: say token new --scope=write.")
        person = token.by.model_copy(update={"token": token.id})
        if request.method in ("POST", "PATCH"):
            await require_pace(self._ctx, person, "uploads", token_hex(10), self._ctx.now())
        asked = Asked(self._ctx, project, person, f"{token.id}{request.path}"[:40])
        await asked.require(Level.L4)
        return asked


def _conflict(why: str) -> web.Response:
    return web.json_response({"error": why}, status=409)


def _end(one: FileImport) -> dict[str, str]:
    return {"Upload-Offset": str(one.done if one.stage == "receiving" else one.size)}


def _metadata(said: str) -> dict[str, str]:
    """``key base64,key base64``."""
    try:
        pairs = (pair.strip().partition(" ") for pair in said.split(",") if pair.strip())
        return {key: b64decode(value, validate=True).decode() for key, _, value in pairs}
    except (NoBase64, ValueError) as error:
        raise BadPayload("Upload-Metadata is `key base64,key base64`.") from error
