"""Authentication, limits, conditional requests, errors and the headers of every answer."""

from __future__ import annotations

import hashlib
import re
import uuid

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.simulators.github.errors import DOCS, GitHubError
from bot.simulators.github.limits import Limits, Meter
from bot.simulators.github.wire.access import identify
from bot.simulators.github.wire.keys import ACCESS, COUNTED, METER, PAGE
from bot.simulators.github.world import World

_CONTENT = re.compile(r"/repos/[^/]+/[^/]+/(issues|pulls|labels)(/|$)")
_OURS = re.compile(r"/_sim(/|$)|/codeload/|/settings/")


def is_api(request: web.Request) -> bool:
    """Whether a request is to the REST API, not to what stands beside it."""
    return not _OURS.match(request.path)


def guard(world: World, limits: Limits) -> Middleware:
    """Find out who calls and count the request."""
    meters: dict[str, Meter] = {}

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not is_api(request):
            return await handler(request)
        if not request.headers.get("User-Agent"):
            raise GitHubError(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a "
                "User-Agent header.",
            )
        request[ACCESS] = access = identify(world, request)
        meter = meters.setdefault(access.meter, Meter(limits, access.meter))
        request[METER] = meter
        if access.kind == "app" or request.path == "/rate_limit":
            return await handler(request)
        write = request.method not in ("GET", "HEAD")
        meter.active += 1
        try:
            meter.count(
                world.clock(),
                write=write,
                content=write and bool(_CONTENT.match(request.path)),
            )
            request[COUNTED] = True
            return await handler(request)
        finally:
            meter.active -= 1

    return guarded


@web.middleware
async def conditional(request: web.Request, handler: Handler) -> web.StreamResponse:
    """ETags: what has not changed is answered 304, and not counted."""
    answer = await handler(request)
    plain = isinstance(answer, web.Response) and answer.status == 200
    if not plain or not is_api(request) or request.method not in ("GET", "HEAD"):
        return answer
    assert isinstance(answer, web.Response)  # noqa: S101
    content = answer.body if isinstance(answer.body, bytes) else b""
    tag = f'W/"{hashlib.sha256(content).hexdigest()}"'
    answer.headers["ETag"] = tag
    answer.headers["Cache-Control"] = "private, max-age=60, s-maxage=60"
    answer.headers["Vary"] = "Accept, Authorization, Cookie, X-GitHub-OTP,Accept-Encoding"
    asked = [one.strip() for one in request.headers.get("If-None-Match", "").split(",")]
    if tag not in asked and tag.removeprefix("W/") not in asked:
        return answer
    if request.get(COUNTED):
        request[METER].core.used -= 1
    same = web.Response(status=304)
    for name in ("ETag", "Cache-Control", "Vary", "Link"):
        if name in answer.headers:
            same.headers[name] = answer.headers[name]
    return same


def dress(world: World) -> Middleware:
    """Write errors as GitHub does and put its headers on every answer."""

    @web.middleware
    async def dressed(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            answer = await handler(request)
        except GitHubError as error:
            answer = web.json_response(
                error.body(request.get(PAGE, DOCS)), status=error.status, headers=error.headers
            )
        except web.HTTPException as error:
            # No such path, or not with this method: GitHub answers both alike.
            if error.status not in (404, 405):
                raise
            unknown = GitHubError(404, "Not Found")
            answer = web.json_response(unknown.body(DOCS), status=404)
        if not is_api(request) or answer.prepared:
            return answer
        answer.headers["Server"] = "github.com"
        answer.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
        answer.headers["X-GitHub-Request-Id"] = uuid.uuid4().hex.upper()
        version = request.headers.get("X-GitHub-Api-Version", "2022-11-28")
        answer.headers["X-GitHub-Api-Version-Selected"] = version
        if METER in request and request[ACCESS].kind != "app":
            answer.headers.update(request[METER].core.headers(world.clock()))
        return answer

    return dressed
