"""Faults on request: an answer that is late, wrong, or never comes.

``{"match": {"method": "POST", "path": "regex"}, "times": 2, ...}`` and one or more of
``"status": 502`` (with ``"headers"`` and ``"body"``), ``"delay": 1.5`` (seconds),
``"drop_connection": true``; with ``"after": true`` the request is done first and then dropped,
so that its outcome is unknown to the caller. ``"stale": 2`` leaves out of a list what was made in
the last two seconds. ``"share": 0.1`` lets it happen to one request in ten.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.simulators.github.errors import DOCS, GitHubError, malformed
from bot.simulators.github.records import Json
from bot.simulators.github.wire.middlewares import is_api


@dataclass(eq=False)
class Fault:
    """One fault; ``times`` is how often it still happens."""

    method: str
    path: re.Pattern[str]
    times: int
    delay: float
    status: int | None
    headers: dict[str, str]
    body: Any
    drop: bool
    after: bool
    stale: float
    share: float


@dataclass(eq=False)
class Faults:
    """The faults to come; the first that matches is the one that happens."""

    waiting: list[Fault] = field(default_factory=list)

    def add(self, spec: Json) -> None:
        """Prepare a fault from its JSON. Raises 422."""
        match = spec.get("match") or {}
        try:
            fault = Fault(
                method=str(match.get("method", "")).upper(),
                path=re.compile(match.get("path", "")),
                times=int(spec.get("times", 1)),
                delay=float(spec.get("delay", 0)),
                status=int(spec["status"]) if spec.get("status") else None,
                headers={str(k): str(v) for k, v in (spec.get("headers") or {}).items()},
                body=spec.get("body"),
                drop=bool(spec.get("drop_connection")),
                after=bool(spec.get("after")),
                stale=float(spec.get("stale", 0)),
                share=float(spec.get("share", 1)),
            )
        except (TypeError, ValueError, re.error) as error:
            raise malformed(f"not a fault: {error}") from None
        self.waiting.append(fault)

    def _next(self, request: web.Request) -> Fault | None:
        for fault in self.waiting:
            asked = fault.method in ("", request.method) and fault.path.search(request.path_qs)
            if asked and random.random() < fault.share:  # noqa: S311
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let the fault that is due happen."""
        fault = self._next(request) if is_api(request) else None
        if fault is None:
            return await handler(request)
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.after:
            await handler(request)
        if fault.after or fault.drop:
            if request.transport:
                request.transport.abort()
            return web.Response(status=500)
        if fault.status is None:
            return _without_the_newest(await handler(request), fault.stale)
        error = GitHubError(fault.status, "Server Error", headers=fault.headers)
        body = error.body(DOCS) if fault.body is None else fault.body
        if isinstance(body, str):
            return web.Response(status=fault.status, text=body, headers=fault.headers)
        return web.json_response(body, status=fault.status, headers=fault.headers)


def _without_the_newest(response: web.StreamResponse, seconds: float) -> web.StreamResponse:
    """A list as a replica has it that lags behind."""
    body = response.body if isinstance(response, web.Response) and seconds else None
    if not isinstance(body, bytes) or not isinstance(found := json.loads(body or b"0"), list):
        return response
    known = f"{datetime.now(UTC) - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"
    return web.json_response([one for one in found if one.get("created_at", "") < known])


FAULTS = web.AppKey("faults", Faults)
