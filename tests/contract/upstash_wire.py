"""Upstash Vector as its REST API is documented. https://upstash.com/docs/vector/api

A field that its reference does not name is refused, and nothing is answered that was not asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from pydantic import BaseModel, Field, TypeAdapter, ValidationError


class _Body(BaseModel, extra="forbid", strict=True):
    """What a request may hold."""


class _Sparse(_Body):
    indices: list[int]
    values: list[float]


class _Entry(_Body):
    id: str = Field(min_length=1)
    vector: list[float]
    sparseVector: _Sparse | None = None
    metadata: dict[str, Any] | None = None
    data: str | None = None


class _Fetch(_Body):
    ids: list[str] | None = None
    prefix: str | None = None
    includeVectors: bool = False
    includeMetadata: bool = False
    includeData: bool = False


class _Delete(_Body):
    ids: list[str]


_BODIES: dict[str, TypeAdapter[Any]] = {
    "upsert": TypeAdapter(list[_Entry]),
    "fetch": TypeAdapter(_Fetch),
    "delete": TypeAdapter(_Delete),
    "delete-namespace": TypeAdapter(None),
}


class UpstashWire:
    """An index of ``width`` dimensions; 0 plays one of every width. ``faults`` come first, one a
    request; ``delay`` is how many requests go by before a write can be seen."""

    def __init__(self, width: int = 0) -> None:
        self.width = width
        self.spaces: dict[str, dict[str, list[float]]] = {}
        self.late: list[tuple[int, str, str, list[float]]] = []
        self.delay = 0
        self.faults: list[Callable[[web.Request], Any]] = []
        self.requests: list[tuple[str, Any]] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("authorization") != "Bearer t":
            return _refused(401, "Unauthorized: Invalid auth token")
        assert not [name for name in request.headers if name.lower().startswith("upstash-")]
        body = await request.json() if request.can_read_body else None
        self.requests.append((request.raw_path, body))
        if self.faults:
            return self.faults.pop(0)(request)
        self._publish()
        verb, _, raw = request.raw_path.lstrip("/").partition("/")
        if wrong := wrong_body(verb, body):
            return _refused(400, wrong)
        for vector in [entry["vector"] for entry in body] if verb == "upsert" else []:
            if self.width and len(vector) != self.width:
                return _refused(
                    422, f"Invalid vector dimension: {len(vector)}, expected: {self.width}"
                )
        space = unquote(raw)
        stored = self.spaces.get(space)
        if verb == "upsert":
            self.spaces.setdefault(space, {})
            due = len(self.requests) + self.delay
            self.late += [(due, space, entry["id"], entry["vector"]) for entry in body]
            self._publish()
            return web.json_response({"result": "Success"})
        if stored is None:
            return _refused(404, f"Namespace {space} for the index test does not exist")
        return web.json_response({"result": self._result(verb, space, stored, body)})

    def _publish(self) -> None:
        now = len(self.requests)
        for due, space, name, vector in [w for w in self.late if w[0] <= now]:
            self.spaces.setdefault(space, {})[name] = vector
            self.late.remove((due, space, name, vector))

    def _result(self, verb: str, space: str, stored: dict[str, list[float]], body: Any) -> Any:
        if verb == "fetch":
            shown = {"vector"} if body.get("includeVectors") else set()
            return [
                {"id": i, **({"vector": stored[i]} if shown else {})} if i in stored else None
                for i in body["ids"]
            ]
        if verb == "delete":
            return {"deleted": sum(stored.pop(name, None) is not None for name in body["ids"])}
        del self.spaces[space]
        return "Success"


def wrong_body(verb: str, body: Any) -> str:
    """Why Upstash refuses ``body`` at ``/verb``, or nothing."""
    if verb not in _BODIES:
        return f"no such command: {verb}"
    try:
        _BODIES[verb].validate_python(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return ""


def _refused(status: int, error: str) -> web.Response:
    return web.json_response({"error": error, "status": status}, status=status)
