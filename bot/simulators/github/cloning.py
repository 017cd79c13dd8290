"""Read-only clones over HTTP, by git's own CGI program.

https://git-scm.com/docs/git-http-backend
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import gzip
import os

from aiohttp import web

from bot.simulators.github.errors import not_found
from bot.simulators.github.records import Repository
from bot.simulators.github.wire.access import Access
from bot.simulators.github.wire.routing import WORLD
from bot.simulators.github.world import World

_SERVICES = ("info/refs", "git-upload-pack")


async def clone(request: web.Request) -> web.StreamResponse:
    """One request of a ``git clone`` or ``git fetch``; a private one needs a token's password."""
    world, parts = request.app[WORLD], request.match_info
    repository = world.repository(f"{parts['owner']}/{parts['repo']}")
    if parts["rest"] not in _SERVICES or "receive-pack" in request.query_string:
        raise not_found()
    if repository.private and not _may_read(world, request, repository):
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="GitHub"'})
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_PROJECT_ROOT": str(repository.git.path.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "PATH_INFO": f"/{repository.git.path.name}/{parts['rest']}",
        "QUERY_STRING": request.query_string,
        "REQUEST_METHOD": request.method,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_ADDR": "127.0.0.1",
    }
    body = await request.read()
    if request.headers.get("Content-Encoding") == "gzip" and body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    process = await asyncio.create_subprocess_exec(
        "git",
        "http-backend",
        env=environment | {"CONTENT_LENGTH": str(len(body))},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate(body)
    head, _, content = output.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    status = int(headers.pop("Status", "200 OK").split()[0])
    return web.Response(status=status, body=content, headers=headers)


def _may_read(world: World, request: web.Request, repository: Repository) -> bool:
    """``x-access-token:<installation token>`` as basic credentials."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        password = base64.b64decode(value).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return False
    token = world.tokens.get(password)
    if token is None or token.expires_at <= world.clock():
        return False
    access = Access("installation", token.installation, token.repositories, token.permissions)
    return access.reaches(world, repository) and access.may("contents", "read")
