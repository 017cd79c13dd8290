"""A stage whose GitHub is an Enterprise Server: the REST API lies below ``/api/v3`` of one host.

https://docs.github.com/en/enterprise-server/rest/quickstart
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from forks import open_stage
from yarl import URL

from bot.simulators.github import Limits
from handlers.demo.stage import Stage, free_port
from handlers.web import serving

API = "/api/v3"
# What each of the two connections says of itself alone.
_OWN = ("host", "connection", "content-length", "transfer-encoding", "content-encoding")


@asynccontextmanager
async def open_enterprise_stage(folder: Path, **more: Any) -> AsyncIterator[Stage]:
    """Everything up, with one setting that says where the API is."""
    port = free_port()
    host = f"http://127.0.0.1:{port}"
    more = {"limits": Limits.none(), "SOULCASTER_EMBEDDER": "hashing", **more}
    async with (
        open_stage(folder, processes=False, web=host, GITHUB_API_URL=host + API, **more) as stage,
        aiohttp.ClientSession(auto_decompress=False) as session,
        serving(_server(stage.github_url, session), "127.0.0.1", port),
    ):
        stage.github.world.origin = host + API
        await stage.start()
        yield stage


def _server(simulator: str, session: aiohttp.ClientSession) -> web.Application:
    async def forward(request: web.Request) -> web.StreamResponse:
        url = URL(simulator + request.path_qs.removeprefix(API), encoded=True)
        headers = {n: v for n, v in request.headers.items() if n.lower() not in _OWN}
        body = await request.read()
        async with session.request(
            request.method, url, headers=headers, data=body, allow_redirects=False
        ) as answer:
            kept = {n: v for n, v in answer.headers.items() if n.lower() not in _OWN}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())

    app = web.Application(client_max_size=2**28)
    app.router.add_route("*", API + "/{path:.*}", forward)
    return app
