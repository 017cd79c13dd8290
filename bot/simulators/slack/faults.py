"""Faults on order: the next calls of a method fail in the way that was asked for."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field


class Match(BaseModel):
    """Which calls. ``method`` is a Web API method or a pattern (``chat.*``), or
    ``response_url``."""

    model_config = ConfigDict(extra="forbid")

    method: str = "*"


class Fault(BaseModel):
    """What goes wrong with the calls that ``match``.

    ``delay`` (seconds) comes first. Then, unless ``after`` asks for the effect to happen before
    it, the call ends: with an HTTP ``status``, an ``error`` code, or no answer at all. ``share``
    is of how many calls, from 0 to 1.
    """

    model_config = ConfigDict(extra="forbid")

    match: Match = Match()
    times: int = Field(default=1, ge=1)
    delay: float = Field(default=0, ge=0)
    status: int | None = Field(default=None, ge=100, le=599)
    error: str = ""
    retry_after: int | None = Field(default=None, ge=0)
    drop_connection: bool = False
    after: bool = False
    share: float = Field(default=1, gt=0, le=1)

    @property
    def ends(self) -> bool:
        """Whether the call ends with the fault, instead of just being late."""
        return bool(self.status or self.error or self.drop_connection)


class Faults:
    """The faults that are still to happen, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let this happen."""
        self.waiting.append(fault)

    async def around(
        self,
        method: str,
        request: web.Request,
        answer: Callable[[], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """Answer a call, with the fault that is due for it if there is one."""
        fault = self._take(method)
        if fault is None:
            return await answer()
        await asyncio.sleep(fault.delay)
        if not fault.ends:
            return await answer()
        if fault.after:
            await answer()
        return _ending(fault, request)

    def _take(self, method: str) -> Fault | None:
        for fault in self.waiting:
            if fnmatchcase(method, fault.match.method) and random.random() < fault.share:  # noqa: S311
                fault.times -= 1
                if not fault.times:
                    self.waiting.remove(fault)
                return fault
        return None


def _ending(fault: Fault, request: web.Request) -> web.StreamResponse:
    """The answer, or the silence, that the fault asks for."""
    if fault.drop_connection:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.error:
        body = {"ok": False, "error": fault.error}
        return web.json_response(body, status=fault.status or 200, headers=headers)
    return web.Response(status=fault.status or 500, text="fault on order", headers=headers)
