"""The demo's page: GitHub on the left, Slack on the right, the story's progress above.

It serves the page, and passes on between the browser and the two simulators' person APIs, so that
the browser talks to one origin. Whatever was written by anybody is turned into safe HTML here;
the page puts nothing else into itself as markup.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.simulators.loopback import TOKEN_HEADER, loopback_only
from handlers.demo.github_view import github_view
from handlers.demo.markdown import Markdown
from handlers.demo.progress import Progress
from handlers.demo.relay import Relay
from handlers.demo.slack_view import slack_view
from handlers.pages import allow_event_streams, event_stream

STATIC = Path(__file__).parent / "static"
_HEADERS = {
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
}
_PERSONS = re.compile(r"/(api|progress|changes)(/|$)")
_HEARTBEAT_SECONDS = 15
_SETTLE_SECONDS = 0.15


class Page:
    """The page's server side. ``github_url`` and ``slack_url`` are the simulators' bases,
    ``repository`` is ``owner/name``, ``progress`` is what the story's player drives.

    Only who was served the page knows ``token``, which the simulators ask of it, too.
    """

    def __init__(
        self, *, github_url: str, slack_url: str, repository: str, progress: Progress, token: str
    ) -> None:
        self._token = token
        # Set when who watches presses Start.
        self.begun = asyncio.Event()
        self.opened = asyncio.Event()
        self._index_html = (STATIC / "index.html").read_text().replace("{{token}}", token)
        self._github_url = github_url.rstrip("/")
        self._slack_url = slack_url.rstrip("/")
        self._repository = repository
        self._progress = progress
        self._markdown = Markdown()
        self._relay = Relay(
            {
                "github": f"{self._github_url}/_sim/stream",
                "slack": f"{self._slack_url}/_sim/stream",
            }
        )
        self._session: aiohttp.ClientSession | None = None

    def build_app(self) -> web.Application:
        """The application."""
        app = web.Application(middlewares=[loopback_only(self._token, persons=_PERSONS), _dress])
        allow_event_streams(app)
        app.router.add_get("/", self._index)
        app.router.add_get(rf"/{self._repository}", self._lead_in)
        app.router.add_get(
            rf"/{self._repository}/{{kind:issues|pull}}/{{number:\d+}}", self._lead_in
        )
        app.router.add_get("/progress", self._watch_progress)
        app.router.add_post("/api/begin", self._begin)
        app.router.add_get("/changes", self._watch_changes)
        app.router.add_get("/api/github", self._github)
        app.router.add_get("/api/slack", self._slack)
        for method in ("POST", "PATCH"):
            app.router.add_route(method, r"/api/github/{act:[\w/-]+}", self._act_on_github)
        app.router.add_post(r"/api/slack/{act:\w+}", self._act_on_slack)
        app.router.add_static("/static", STATIC)
        app.cleanup_ctx.append(self._running)
        return app

    async def _running(self, _app: web.Application) -> AsyncIterator[None]:
        headers = {TOKEN_HEADER: self._token}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            self._relay.following(session),
        ):
            self._session = session
            yield

    async def _index(self, _request: web.Request) -> web.Response:
        self.opened.set()
        return web.Response(text=self._index_html, content_type="text/html")

    async def _begin(self, _request: web.Request) -> web.Response:
        self.begun.set()
        return web.json_response({})

    async def _lead_in(self, request: web.Request) -> web.Response:
        """An address as github.com has it, pasted or opened in a new tab."""
        kind, number = (request.match_info.get(name, "") for name in ("kind", "number"))
        place = f"{'pull' if kind == 'pull' else 'issue'}/{number}" if number else "issues"
        return web.Response(status=302, headers={"Location": f"/#/{place}"})

    async def _github(self, _request: web.Request) -> web.Response:
        state = await self._read(f"{self._github_url}/_sim/state")
        return web.json_response(github_view(state, self._repository, self._markdown))

    async def _slack(self, _request: web.Request) -> web.Response:
        state = await self._read(f"{self._slack_url}/_sim/state")
        return web.json_response(slack_view(state, self._markdown))

    async def _act_on_github(self, request: web.Request) -> web.Response:
        act = request.match_info["act"]
        return await self._act(f"{self._github_url}/_sim/repos/{self._repository}/{act}", request)

    async def _act_on_slack(self, request: web.Request) -> web.Response:
        return await self._act(f"{self._slack_url}/_sim/{request.match_info['act']}", request)

    async def _watch_progress(self, request: web.Request) -> web.StreamResponse:
        async with event_stream(request) as stream:
            async for steps in self._progress.watch():
                await stream.send(steps)
        return stream.response

    async def _watch_changes(self, request: web.Request) -> web.StreamResponse:
        """Names of what changed, a burst of changes as one."""
        async with event_stream(request) as stream, self._relay.watching() as changes:
            await stream.send(["github", "slack"])
            while True:
                try:
                    changed = {await asyncio.wait_for(changes.get(), _HEARTBEAT_SECONDS)}
                except TimeoutError:
                    await stream.beat()
                    continue
                await asyncio.sleep(_SETTLE_SECONDS)
                while not changes.empty():
                    changed.add(changes.get_nowait())
                await stream.send(sorted(changed))
        return stream.response

    async def _read(self, url: str) -> Any:
        assert self._session is not None  # noqa: S101 - set before the first request
        async with self._session.get(url) as response:
            response.raise_for_status()
            return await response.json()

    async def _act(self, url: str, request: web.Request) -> web.Response:
        assert self._session is not None  # noqa: S101 - set before the first request
        body = await request.read()
        headers = {"Content-Type": "application/json"}
        async with self._session.request(
            request.method, url, data=body, headers=headers
        ) as response:
            answer = await response.read()
            if response.status == HTTPStatus.NO_CONTENT:
                return web.json_response({})
            return web.Response(
                status=response.status, body=answer, content_type="application/json"
            )


@web.middleware
async def _dress(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Pages of ours load nothing from anywhere else."""
    response = await handler(request)
    if not response.prepared:
        response.headers.update(_HEADERS)
    return response
