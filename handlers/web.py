"""The HTTP door: routes, and errors as statuses. A 2xx means stored."""

import asyncio
import logging
import math
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.log import server_logger
from redis.exceptions import RedisError

from bot import SHIPPED
from bot.context import Context
from bot.domain import errors
from bot.log import log
from bot.repo_config import RepoConfig
from bot.sources import github_issue
from bot.storage.inbox import Delivery
from handlers import alerts
from handlers.api import serving as api
from handlers.doors.doors import DOORS, Doors
from handlers.github import webhook
from handlers.github.webhook import Fetching
from handlers.imports.door import ImportDoor
from handlers.metrics import Metrics
from handlers.pages import allow_event_streams
from handlers.runs.door import RunDoor
from handlers.setup.door import SetupDoor
from handlers.slack import door
from handlers.storing import Storing

CONTEXT = web.AppKey("context", Context)
METRICS = web.AppKey("metrics", Metrics)
STATIC = Path(__file__).parent / "static"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGES = SHIPPED / "sources"
# What writes to the spool and empties it; ends only with an error.
SPOOLING: web.AppKey[asyncio.Task[None]] = web.AppKey("spooling", asyncio.Task)
# What a connection may idle between two requests: longer than proxies keep one to use it again.
IDLE_SECONDS = 75.0
# So many are accepted in one go, before the first of them can be cut: few enough for the open
# files that a process is allowed, which are often 1,024.
BACKLOG = 256
# How long what a refused sender still sends is thrown away, so that it can read the refusal.
LINGERING_SECONDS = 1.0

_STATUS: dict[type[errors.SoulcasterError], int] = {
    errors.BadSignature: 401,
    errors.Forbidden: 403,
    errors.TooMany: 429,
    errors.TooOften: 429,
    errors.TooSlow: 408,
    errors.Unreadable: 422,
    errors.BadPayload: 400,
    errors.QuotaExceeded: 402,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.NotUnderstood: 422,
    errors.TooLarge: 413,
    errors.Rejected: 502,
    errors.Unavailable: 503,
    errors.ConfigError: 503,
}


@web.middleware
async def errors_to_status(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """What our errors are to an HTTP client."""
    connections = request.app[DOORS].connections
    connections.asked(request)
    try:
        return await handler(request)
    except errors.SoulcasterError as error:
        status = next((s for kind, s in _STATUS.items() if isinstance(error, kind)), 500)
        if status >= 500 and not isinstance(error, errors.Busy):
            log.error("refused", path=request.path, why=str(error))
        wait = getattr(error, "retry_after", None)
        headers = {"Retry-After": str(math.ceil(wait))} if wait else {}
        return _refused(request, status, str(error), headers)
    except web.HTTPError as error:
        allowed = {name: error.headers[name] for name in error.headers if name == "Allow"}
        return _refused(request, error.status, error.reason, allowed)
    except RedisError as error:
        request.app[CONTEXT].outage.began(error)
        return _refused(request, 503, "The store is away; try again.", {})
    finally:
        connections.answered(request)


def _refused(request: web.Request, status: int, why: str, told: Mapping[str, str]) -> web.Response:
    """The API's are problems: https://www.rfc-editor.org/rfc/rfc9457"""
    if METRICS in request.app:
        request.app[METRICS].refused(HTTPStatus(status))
    if not request.path.startswith(f"{api.PREFIX}/"):
        return web.json_response({"error": why}, status=status, headers=told)
    proof = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    title = HTTPStatus(status).phrase
    problem = {"type": "about:blank", "title": title, "status": status, "detail": why}
    kind = "application/problem+json"
    return web.json_response(problem, status=status, headers={**told, **proof}, content_type=kind)


async def health(request: web.Request) -> web.Response:
    """Whether this process is alive: also while Redis is away, for then it stores on disk."""
    connections = request.app[DOORS].connections
    told = {"open": len(connections), "at_work": connections.busy}
    return web.json_response({"ok": True, "connections": told})


async def ready(request: web.Request) -> web.Response:
    """Whether Redis takes what we write, and knows the keys that we seal with: 200, or 503."""
    ctx, began = request.app[CONTEXT], time.monotonic()
    if ctx.outage.on and not await ctx.outage.over(within=2):
        raise errors.Unavailable("Redis is away: what comes is kept on disk.")
    await ctx.seal.check(ctx.redis)
    return web.json_response({"ok": True, "redis_ms": round((time.monotonic() - began) * 1000, 1)})


async def page(request: web.Request) -> web.StreamResponse:
    """What a person clicks at a vendor."""
    path = PAGES / f"{request.match_info['name']}.md"
    return web.FileResponse(path, headers={"Content-Type": "text/plain; charset=utf-8"})


async def schema(_request: web.Request) -> web.Response:
    """What ``.github/soulcaster.yml`` may hold, for editors."""
    return web.json_response(RepoConfig.model_json_schema())


async def docs(_request: web.Request) -> web.StreamResponse:
    """The API's page; it loads nothing from elsewhere."""
    return web.FileResponse(STATIC / "api.html", headers={"Content-Security-Policy": _POLICY})


def build_app(ctx: Context) -> web.Application:
    """The aiohttp application."""
    doors = Doors(ctx.settings)
    storing, metrics = Storing(ctx), Metrics(ctx)
    app = web.Application(middlewares=[errors_to_status])
    app[CONTEXT] = ctx
    app[DOORS] = doors
    app[METRICS] = metrics

    secret = ctx.settings.github_webhook_secret.get_secret_value()

    async def store(delivery: Delivery) -> None:
        await storing.store(delivery)
        metrics.stored(delivery)

    async def github(request: web.Request) -> web.Response:
        with doors.bodies.room(request, webhook.MAX_BODY) as room:
            body = await doors.prove(
                request, room, "github", lambda: github_issue.prove(request.headers, secret)
            )
            delivery = webhook.read(request.headers, body, time.time())
            if delivery is None:
                return web.Response(status=202, text="ignored")
            await store(delivery)
        return web.Response(status=202, text="accepted")

    async def hook(request: web.Request) -> web.Response:
        with doors.bodies.room(request, alerts.MAX_BODY) as room:
            heard = await alerts.read(ctx, doors, request, room)
            if isinstance(heard, str):
                return web.Response(status=202, text=heard)
            await store(heard)
        return web.Response(status=202, text="accepted")

    app.router.add_post("/github/webhook", github)
    app.router.add_post("/hooks/{source}/{hook}", hook)
    api.add_routes(app, ctx, doors, hook)
    app.router.add_get("/docs", docs)
    app.router.add_get("/soulcaster.schema.json", schema)
    app.router.add_static("/docs/static", STATIC)
    app.router.add_get("/healthz", health)
    app.router.add_get("/readyz", ready)
    metrics.add_route(app, doors)
    app.router.add_get("/docs/sources/{name:[a-z_]+}.md", page)
    door.add_routes(app, ctx, doors, store)
    SetupDoor(ctx, doors).add_routes(app)
    ImportDoor(ctx, doors).add_routes(app)
    allow_event_streams(app)
    RunDoor(ctx, doors).add_routes(app)

    async def spooling(app: web.Application) -> AsyncIterator[None]:
        task = app[SPOOLING] = asyncio.create_task(storing.run())
        fetching = asyncio.create_task(Fetching(ctx, store).run())
        yield
        task.cancel()
        fetching.cancel()
        await asyncio.gather(task, fetching, return_exceptions=True)

    app.cleanup_ctx.append(spooling)
    return app


def _worth_a_line(record: logging.LogRecord) -> bool:
    """Whoever sends what is no HTTP cannot fill the log with it."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve until the block ends; the address. ``port`` 0 takes a free one. Raises ConfigError when
    it is in use."""
    server_logger.addFilter(_worth_a_line)
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=5,
        keepalive_timeout=IDLE_SECONDS,
        lingering_time=LINGERING_SECONDS,
        # What is compressed is refused; it must not be inflated before that.
        auto_decompress=False,
    )
    await runner.setup()
    server = runner.server
    assert server is not None  # noqa: S101 - set up just now
    factory = app[DOORS].connections.guard(server) if DOORS in app else server
    loop = asyncio.get_running_loop()
    try:
        listening = await loop.create_server(factory, host, port, backlog=BACKLOG)
    except OSError as error:
        await runner.cleanup()
        why = os.strerror(error.errno or 0)
        raise errors.ConfigError(
            f"Port {port} of {host} cannot be had ({why}): set PORT, or end who has it."
        ) from error
    try:
        yield f"http://{host}:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()
        await runner.cleanup()
