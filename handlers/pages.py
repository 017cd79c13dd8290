"""Pages that are drawn here, one way for the setup page and for runs; and server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from bot.context import Context
from bot.github.manifest import web_host
from bot.render.defuse import visible

_HERE = Path(__file__).parent


@cache
def templates() -> jinja2.Environment:
    """All of them: whatever is put in is text."""
    loader = jinja2.FileSystemLoader([_HERE / f"{room}/templates" for room in ("setup", "runs")])
    made = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    made.filters["visible"] = visible
    return made


def page(ctx: Context, name: str, status: int = 200, **what: object) -> web.Response:
    """One of them as an answer, which loads nothing from elsewhere and is kept by nobody."""
    body = templates().get_template(name).render(**what)
    host = web_host(ctx.settings.github_api_url)
    return web.Response(
        text=body,
        status=status,
        content_type="text/html",
        headers={
            "Content-Security-Policy": (
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                f"form-action 'self' {host}; base-uri 'none'; frame-ancestors 'none'"
            ),
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
            # The code is in the address; without any a form would have no Origin either.
            "Referrer-Policy": "strict-origin",
            "Cache-Control": "no-store",
        },
    )


_TASKS = web.AppKey("event_streams", set[asyncio.Task[Any]])


class EventStream:
    """One open stream to a browser."""

    def __init__(self, response: web.StreamResponse) -> None:
        self.response = response

    async def send(self, value: object, event: str = "message", number: int = 0) -> None:
        """Send an event with this JSON; a browser that was cut off comes back with its number."""
        told = f"id: {number}\n" if number else ""
        await self.response.write(f"{told}event: {event}\ndata: {json.dumps(value)}\n\n".encode())

    async def beat(self) -> None:
        """Send nothing, to find out whether somebody still listens."""
        await self.response.write(b": still here\n\n")


def allow_event_streams(app: web.Application) -> None:
    """Let the application end its streams, instead of waiting for them, when it ends."""
    app[_TASKS] = set()

    async def end(app: web.Application) -> None:
        for task in app[_TASKS]:
            task.cancel()

    app.on_shutdown.append(end)


@asynccontextmanager
async def event_stream(request: web.Request) -> AsyncIterator[EventStream]:
    """A stream as the answer to a request; a browser that leaves ends it quietly."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a handler always runs in a task
    tasks = request.app[_TASKS]
    tasks.add(task)
    try:
        with suppress(ConnectionResetError):
            await response.prepare(request)
            yield EventStream(response)
    finally:
        tasks.discard(task)
