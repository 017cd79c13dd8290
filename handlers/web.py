"""The HTTP door: routes, and errors as statuses. A 2xx means stored."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from redis.exceptions import RedisError

from bot.context import Context
from bot.domain.errors import (
    BadPayload,
    BadSignature,
    ConfigError,
    NotFound,
    SoulcasterError,
    TooLarge,
    Unavailable,
)
from bot.log import log
from bot.storage.inbox import Delivery
from handlers import alerts
from handlers.github import webhook
from handlers.slack import door

CONTEXT = web.AppKey("context", Context)
# Sentry drops a hook that is answered after a second; a spooled row that Redis took after all is
# known by its id.
PATIENCE = 0.5
# GitHub's own cap on a webhook.
MAX_BODY = 25 * 1024 * 1024

_STATUS: dict[type[SoulcasterError], int] = {
    BadSignature: 401,
    BadPayload: 400,
    NotFound: 404,
    TooLarge: 413,
    Unavailable: 503,
    ConfigError: 503,
}


@web.middleware
async def errors_to_status(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """One of the three places where errors are caught."""
    try:
        return await handler(request)
    except SoulcasterError as error:
        status = next((s for kind, s in _STATUS.items() if isinstance(error, kind)), 500)
        if status >= 500:
            log.error("refused", path=request.path, why=str(error))
        return web.json_response({"error": str(error)}, status=status)
    except RedisError as error:
        log.error("Redis is away", path=request.path, why=str(error))
        return web.json_response({"error": "The store is away; try again."}, status=503)
    except web.HTTPRequestEntityTooLarge:
        return web.json_response({"error": "The body is over 25 MB."}, status=413)


async def store(ctx: Context, delivery: Delivery) -> None:
    """Make a delivery durable, and wake a worker.

    Raises Unavailable when neither Redis nor disk take it.

    While Redis is away deliveries go to the spool, and from there to the inbox.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            await ctx.inbox.accept(delivery)
    except (RedisError, OSError) as error:
        log.warning("Redis is away: spooling", why=type(error).__name__)
        try:
            await ctx.spool.put(delivery)
        except (sqlite3.Error, OSError) as disk:
            raise Unavailable("Nothing here can store this now; send it again.") from disk
    else:
        ctx.jobs.wake("work")


async def drain_spool(ctx: Context) -> None:
    """Bring what was spooled to the inbox as soon as Redis is back."""
    while True:
        try:
            if await ctx.spool.drain(ctx.inbox.accept):
                ctx.jobs.wake("work")
        except (RedisError, OSError, sqlite3.Error):
            pass
        await asyncio.sleep(0.5)


async def health(request: web.Request) -> web.Response:
    """Whether we can store, and which adapters are in use."""
    ctx = request.app[CONTEXT]
    began = time.monotonic()
    await ctx.redis.ping()
    return web.json_response(
        {
            "ok": True,
            "redis_ms": round((time.monotonic() - began) * 1000, 1),
            "adapters": {need: f"{adapter} ({why})" for need, adapter, why in ctx.adapters()},
        }
    )


def build_app(ctx: Context) -> web.Application:
    """The aiohttp application."""
    app = web.Application(middlewares=[errors_to_status], client_max_size=MAX_BODY)
    app[CONTEXT] = ctx

    async def github(request: web.Request) -> web.Response:
        delivery = webhook.read(
            request.headers,
            await request.read(),
            ctx.settings.github_webhook_secret.get_secret_value(),
            time.time(),
        )
        if delivery is None:
            return web.Response(status=202, text="ignored")
        await store(ctx, delivery)
        return web.Response(status=202, text="accepted")

    async def hook(request: web.Request) -> web.Response:
        delivery = await alerts.read(
            ctx,
            request.match_info["source"],
            request.match_info["hook"],
            request.headers,
            request.query,
            await request.read(),
        )
        await store(ctx, delivery)
        return web.Response(status=202, text="accepted")

    app.router.add_post("/github/webhook", github)
    app.router.add_post("/hooks/{source}/{hook}", hook)
    app.router.add_get("/healthz", health)
    door.add_routes(app, ctx, store)

    async def spooling(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(drain_spool(ctx))
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    app.cleanup_ctx.append(spooling)
    return app


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve until the block ends; the address. ``port`` 0 takes a free one."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    bound = runner.addresses[0][1]
    try:
        yield f"http://{host}:{bound}"
    finally:
        await runner.cleanup()
