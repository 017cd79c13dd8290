"""E2B as it behaves on the wire: the control plane, and envd inside each sandbox.

Commands really run, in a temporary folder that plays the machine. What the real service decides
by its network rules is done with a network namespace where bubblewrap is there. What the SDK's
own description does not know is refused, and never answered.
"""

import asyncio
import base64
import contextlib
import json
import shlex
import shutil
import struct
import time
import urllib.parse
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from e2b.api.client.models import (
    ConnectSandboxV2,
    Error,
    ListedSandbox,
    NewSandboxV2,
    Sandbox,
    TemplateBuildRequestV3,
    TemplateBuildStartV2,
)
from e2b_wire_rules import wrong_body, wrong_message

from bot.adapters.sandboxes import processes

ENVD_VERSION = "0.6.3"
_LISTED = ("sandboxID", "templateID", "clientID", "envdVersion")
CONNECT = "application/connect+json"


@dataclass
class Machine:
    id: str
    folder: Path
    asked: dict
    started: float = field(default_factory=time.time)
    processes: set[int] = field(default_factory=set)

    @property
    def ends(self) -> float:
        return self.started + self.asked.get("timeout", 300)

    @property
    def home(self) -> Path:
        return self.folder / "home" / "user"

    @property
    def network_is_closed(self) -> bool:
        rules = self.asked.get("network", {})
        is_shut = "0.0.0.0/0" in (rules.get("denyOut") or []) and not rules.get("allowOut")
        return is_shut or self.asked.get("allow_internet_access") is False


MACHINE = web.RequestKey("machine", Machine)


class E2BWire:
    """``api_key`` is the one that is accepted. ``deaf`` commands never say that they ended,
    ``endless`` files have more to send than they said.

    ``template`` are the variables that a machine's own profile sets: envd's shells are login
    shells. ``started`` are the commands as they were asked for.
    """

    def __init__(
        self, folder: Path, api_key: str, *, template: Mapping[str, str] | None = None
    ) -> None:
        self.folder, self.api_key = folder, api_key
        self.template = template or {}
        self.started: list[dict] = []
        self.machines: dict[str, Machine] = {}
        self.created: list[dict] = []
        self.by_idempotency_key: dict[str, dict] = {}
        self.deaf = False
        self.endless = False
        self.sent = 0
        self.heard_a_command = asyncio.Event()
        self.busy = 0
        self.templates: list[dict] = []
        self.build_fails = False

    def app(self) -> web.Application:
        app = web.Application(client_max_size=1 << 30, middlewares=[self._guard])
        app.add_routes(
            [
                web.post("/v2/sandboxes", self._create),
                web.get("/v2/sandboxes", self._list),
                web.post("/v2/sandboxes/{id}/connect", self._connect),
                web.delete("/sandboxes/{id}", self._delete),
                web.post("/v3/templates", self._new_template),
                web.post("/v2/templates/{id}/builds/{build}", self._begin_build),
                web.get("/templates/{id}/builds/{build}/status", self._build_status),
                web.get("/health", self._health),
                web.get("/files", self._read),
                web.post("/files", self._write),
                web.post("/process.Process/Start", self._start),
                web.post("/filesystem.Filesystem/Stat", self._stat),
            ]
        )
        return app

    def stop(self) -> None:
        for name in list(self.machines):
            self._end(name)

    @web.middleware
    async def _guard(self, request: web.Request, handler):
        inside = "E2b-Sandbox-Id" in request.headers
        if not inside and request.headers.get("X-API-KEY") != self.api_key:
            return _error(401, "Invalid API key")
        if not inside and self.busy > 0:
            self.busy -= 1
            return web.json_response(
                {"code": 503, "message": "no capacity"},
                status=503,
                headers={"Should-Retry": "false"},
            )
        if inside:
            machine = self._machine(request.headers["E2b-Sandbox-Id"])
            if machine is None:
                body = {"code": 502, "message": "The sandbox was not found", "sandboxId": "?"}
                return web.json_response(body, status=502)
            request[MACHINE] = machine
        return await handler(request)

    def _machine(self, name: str) -> Machine | None:
        machine = self.machines.get(name)
        if machine and machine.ends < time.time():
            self._end(name)
            return None
        return machine

    def _end(self, name: str) -> bool:
        machine = self.machines.pop(name, None)
        for pid in machine.processes if machine else ():
            processes.end(pid, name)
        if machine:
            shutil.rmtree(machine.folder, ignore_errors=True)
        return machine is not None

    # The control plane

    async def _create(self, request: web.Request) -> web.Response:
        key = request.headers.get("Idempotency-Key", "")
        if key in self.by_idempotency_key:
            return web.json_response(self.by_idempotency_key[key], status=201)
        asked = await request.json()
        if wrong := wrong_body(NewSandboxV2, asked):
            return _error(400, wrong)
        name = uuid.uuid4().hex[:20]
        machine = Machine(name, self.folder / name, asked)
        machine.home.mkdir(parents=True)
        profile = [f"export {key}={shlex.quote(value)}" for key, value in self.template.items()]
        (machine.home / ".bash_profile").write_text("\n".join(profile))
        self.machines[name] = machine
        self.created.append(asked)
        answer = self._described(machine)
        if key:
            self.by_idempotency_key[key] = answer
        return web.json_response(answer, status=201)

    async def _new_template(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if wrong := wrong_body(TemplateBuildRequestV3, asked):
            return _error(400, wrong)
        self.templates.append(asked)
        answer = {"templateID": "t1", "buildID": "b1", "public": False, "names": [asked["name"]]}
        return web.json_response({**answer, "tags": [], "aliases": [asked["name"]]}, status=202)

    async def _begin_build(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if wrong := wrong_body(TemplateBuildStartV2, asked):
            return _error(400, wrong)
        self.templates[-1] |= asked
        return web.Response(status=202)

    async def _build_status(self, request: web.Request) -> web.Response:
        entry = {"timestamp": "2026-11-29T12:00:00Z", "message": "Python 3.12", "level": "info"}
        fails = {"status": "error", "reason": {"message": "no space", "logEntries": []}}
        new = [entry] if request.query.get("logsOffset", "0") == "0" else []
        told = {"templateID": "t1", "buildID": "b1", "logs": [], "logEntries": new}
        return web.json_response({**told, **(fails if self.build_fails else {"status": "ready"})})

    async def _connect(self, request: web.Request) -> web.Response:
        machine = self._machine(request.match_info["id"])
        if machine is None:
            return _error(404, "not found")
        if wrong := wrong_body(ConnectSandboxV2, await request.json()):
            return _error(400, wrong)
        return web.json_response(self._described(machine), status=200)

    async def _list(self, request: web.Request) -> web.Response:
        wanted = dict(urllib.parse.parse_qsl(request.query.get("metadata", "")))
        wanted = {urllib.parse.unquote(k): urllib.parse.unquote(v) for k, v in wanted.items()}
        rows = []
        for name in list(self.machines):
            machine = self._machine(name)
            if machine is None or not wanted.items() <= machine.asked["metadata"].items():
                continue
            described = self._described(machine)
            rows.append(
                {name: described[name] for name in _LISTED}
                | {
                    "startedAt": datetime.fromtimestamp(machine.started, UTC).isoformat(),
                    "endAt": datetime.fromtimestamp(machine.ends, UTC).isoformat(),
                    "cpuCount": 2,
                    "memoryMB": 512,
                    "diskSizeMB": 1024,
                    "state": "running",
                    "metadata": machine.asked["metadata"],
                }
            )
        first = int(request.query.get("nextToken", 0))
        assert not [wrong for row in rows if (wrong := wrong_body(ListedSandbox, row))]
        page = rows[first : first + 2]  # small pages, so that paging is exercised
        headers = {"x-next-token": str(first + 2)} if first + 2 < len(rows) else {}
        return web.json_response(page, headers=headers)

    async def _delete(self, request: web.Request) -> web.Response:
        if not self._end(request.match_info["id"]):
            return _error(404, "not found")
        return web.Response(status=204)

    def _described(self, machine: Machine) -> dict:
        found = {
            "sandboxID": machine.id,
            "templateID": machine.asked["templateID"],
            "clientID": "client",
            "envdVersion": ENVD_VERSION,
            "envdAccessToken": "inside",
            "domain": None,
        }
        assert not wrong_body(Sandbox, found)
        return found

    # envd

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response(status=204)

    def _path(self, machine: Machine, path: str) -> Path | None:
        """A path as envd resolves it; None where it would leave the folder that plays the disk."""
        path = path.removeprefix("/home/user").lstrip("/")
        found = machine.home / path
        return found if found.parent.resolve().is_relative_to(machine.home.resolve()) else None

    async def _read(self, request: web.Request) -> web.Response:
        path = self._path(request[MACHINE], request.query["path"])
        if path is None or not path.is_file():
            return web.json_response({"code": 404, "message": "file not found"}, status=404)
        if self.endless:
            response = web.StreamResponse()
            await response.prepare(request)
            with contextlib.suppress(ConnectionError):
                while True:
                    await response.write(bytes(1 << 16))
                    self.sent += 1 << 16
            return response
        return web.Response(body=path.read_bytes(), content_type="application/octet-stream")

    async def _write(self, request: web.Request) -> web.Response:
        written = []
        async for part in await request.multipart():
            path = self._path(request[MACHINE], request.query.get("path") or part.filename)
            if path is None:
                return web.json_response({"code": 400, "message": "bad path"}, status=400)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(await part.read())
            written.append({"name": path.name, "type": "file", "path": str(path)})
        return web.json_response(written)

    async def _stat(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if wrong := wrong_message(request.path, asked):
            return web.json_response({"code": "invalid_argument", "message": wrong}, status=400)
        path = self._path(request[MACHINE], asked["path"])
        if path is None or not (path.is_symlink() or path.exists()):
            return web.json_response({"code": "not_found", "message": "no such path"}, status=404)
        stat = path.lstat()
        kind = "FILE_TYPE_DIRECTORY" if path.is_dir() else "FILE_TYPE_FILE"
        entry = {
            "name": path.name,
            "type": "FILE_TYPE_SYMLINK" if path.is_symlink() else kind,
            "path": asked["path"],
            "size": str(stat.st_size),
            "mode": stat.st_mode & 0o7777,
            "permissions": "-rw-r--r--",
            "owner": "user",
            "group": "user",
            "modifiedTime": "2026-11-01T00:00:00Z",
        }
        if path.is_symlink():
            entry["symlinkTarget"] = str(path.readlink())
        assert not wrong_message(request.path, {"entry": entry}, answer=True)
        return web.json_response({"entry": entry})

    async def _start(self, request: web.Request) -> web.StreamResponse:
        machine = request[MACHINE]
        message = _unframed(await request.read())
        if wrong := wrong_message(request.path, message):
            error = {"error": {"code": "invalid_argument", "message": wrong}}
            return web.Response(body=_framed(error, end=True), content_type=CONNECT)
        asked = message["process"]
        self.started.append(asked)
        argv = [asked["cmd"], *asked.get("args", [])]
        if machine.network_is_closed and shutil.which("bwrap"):
            argv = ["bwrap", "--dev-bind", "/", "/", "--unshare-net", "--", *argv]
        child = await asyncio.create_subprocess_exec(
            *argv,
            cwd=asked.get("cwd") or machine.home,
            env={"HOME": str(machine.home), "USER": "user", "PATH": "/usr/bin:/bin"}
            | asked.get("envs", {}),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        machine.processes.add(child.pid)
        self.heard_a_command.set()
        response = web.StreamResponse(headers={"Content-Type": CONNECT})
        await response.prepare(request)
        with contextlib.suppress(ConnectionResetError):
            await response.write(_framed({"event": {"start": {"pid": child.pid}}}))
        pumps = [
            asyncio.create_task(_pump(stream, name, response, lambda: machine.id in self.machines))
            for stream, name in ((child.stdout, "stdout"), (child.stderr, "stderr"))
        ]
        code = await child.wait()
        await asyncio.gather(*pumps)
        if self.deaf:
            await asyncio.sleep(3600)
        end = {"exitCode": code if code >= 0 else -1, "exited": code >= 0, "status": f"exit {code}"}
        with contextlib.suppress(ConnectionResetError):
            if machine.id not in self.machines:
                error = {"code": "unavailable", "message": "The sandbox was not found"}
                await response.write(_framed({"error": error}, end=True))
            else:
                await response.write(_framed({"event": {"end": end}}))
                await response.write(_framed({}, end=True))
            await response.write_eof()
        return response


def _error(code: int, message: str) -> web.Response:
    body = {"code": code, "message": message}
    assert not wrong_body(Error, body)
    return web.json_response(body, status=code)


async def _pump(stream, name: str, response: web.StreamResponse, lives: Callable[[], bool]) -> None:
    """What a process says, as long as its machine is there: one that is killed says nothing more,
    though its processes here end one by one."""
    while (data := await stream.read(1 << 15)) and lives():
        event = {"event": {"data": {name: base64.b64encode(data).decode()}}}
        with contextlib.suppress(ConnectionResetError):
            await response.write(_framed(event))


def _framed(message: dict, *, end: bool = False) -> bytes:
    """One envelope of https://connectrpc.com/docs/protocol/#streaming-rpcs."""
    assert end or not wrong_message("/process.Process/Start", message, answer=True)
    body = json.dumps(message).encode()
    return struct.pack(">BI", 2 if end else 0, len(body)) + body


def _unframed(data: bytes) -> dict:
    _, length = struct.unpack(">BI", data[:5])
    return json.loads(data[5 : 5 + length])
