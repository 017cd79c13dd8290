"""Slack's end of Socket Mode, as it is described.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from aiohttp import WSMsgType, web

APP_TOKEN, BOT_TOKEN = "xapp-1-A1-1-socket", "xoxb-socket"


class SlackSocket:
    """``apps.connections.open``, and the WebSockets that its one-time addresses lead to."""

    def __init__(self) -> None:
        self.open: list[web.WebSocketResponse] = []
        self.answers: dict[str, asyncio.Future[Any]] = {}
        self.heard_by: list[int] = []
        self._turns = itertools.count()
        self._tickets: set[str] = set()
        self._came = asyncio.Condition()

    def build_app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/api/auth.test", self._auth)
        app.router.add_post("/api/apps.connections.open", self._connections_open)
        app.router.add_get("/link/", self._link)
        return app

    async def connections(self, number: int, *, besides: list[Any] | None = None) -> None:
        """Wait until there are so many that are not ``besides``."""

        def enough() -> bool:
            return len([ws for ws in self.open if ws not in (besides or [])]) == number

        async with self._came:
            await asyncio.wait_for(self._came.wait_for(enough), 20)

    async def send(self, kind: str, payload: dict[str, Any]) -> asyncio.Future[Any]:
        """Send a request to one of the connections, in turn; what it is acknowledged with."""
        turn = next(self._turns)
        number = turn % len(self.open)
        envelope = f"{turn:08d}-envelope"
        answer = self.answers[envelope] = asyncio.get_running_loop().create_future()
        self.heard_by.append(number)
        about = {"envelope_id": envelope, "type": kind, "accepts_response_payload": True}
        await self.open[number].send_json({**about, "payload": payload})
        return answer

    async def refresh(self) -> None:
        """Slack's containers are replaced every few hours, and it says so before."""
        for socket in list(self.open):
            about = {"type": "disconnect", "reason": "refresh_requested", "debug_info": {}}
            await socket.send_json(about)

    async def _auth(self, request: web.Request) -> web.Response:
        told = {"url": "https://t.slack.com/", "team_id": "T1", "user_id": "UBOT", "bot_id": "B1"}
        ours = request.headers["Authorization"] == f"Bearer {BOT_TOKEN}"
        return web.json_response({"ok": True, **told} if ours else _error("invalid_auth"))

    async def _connections_open(self, request: web.Request) -> web.Response:
        if request.headers["Authorization"] != f"Bearer {APP_TOKEN}":
            return web.json_response(_error("not_allowed_token_type"))
        ticket = f"ticket-{len(self._tickets)}-{next(self._turns)}"
        self._tickets.add(ticket)
        url = f"ws://{request.host}/link/?ticket={ticket}&app_id=A1"
        return web.json_response({"ok": True, "url": url})

    async def _link(self, request: web.Request) -> web.StreamResponse:
        if request.query["ticket"] not in self._tickets:
            return web.Response(status=408)
        self._tickets.remove(request.query["ticket"])
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        about = {"num_connections": len(self.open) + 1, "connection_info": {"app_id": "A1"}}
        await socket.send_json({"type": "hello", **about})
        async with self._came:
            self.open.append(socket)
            self._came.notify_all()
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                told = message.json()
                self.answers[told["envelope_id"]].set_result(told.get("payload"))
        async with self._came:
            self.open.remove(socket)
            self._came.notify_all()
        return socket


def _error(code: str) -> dict[str, Any]:
    return {"ok": False, "error": code}
