"""Writes every exchange of the Web API and the response URLs as one JSON line.

**Invariant:** no token is written, only which kind it is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


def recorder(path: Path) -> Middleware:
    """A middleware that appends to ``path``."""

    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/_sim"):
            return await handler(request)
        body = await request.read()
        response = await handler(request)
        answer = response.body if isinstance(response, web.Response) else None
        line = {
            "method": request.method,
            "url": str(request.url),
            "request_headers": _headers(request),
            "request_body": _parsed(body, request.content_type),
            "status": response.status,
            "response_headers": {k.lower(): v for k, v in response.headers.items()},
            "response_body": _parsed(
                answer if isinstance(answer, bytes) else b"", response.content_type
            ),
        }
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        return response

    return record


def _headers(request: web.Request) -> dict[str, str]:
    headers = {name.lower(): value for name, value in request.headers.items()}
    if "authorization" in headers:
        scheme, _, token = headers["authorization"].partition(" ")
        headers["authorization"] = f"{scheme} {_redacted(token)}"
    return headers


def _redacted(token: str) -> str:
    return f"{token[:4]}…"


def _parsed(body: bytes, content_type: str) -> Any:
    if not body:
        return None
    text = body.decode("utf-8", "replace")
    if content_type == "application/x-www-form-urlencoded":
        form = dict(parse_qsl(text, keep_blank_values=True))
        return {k: _redacted(v) if k in _SECRETS else v for k, v in form.items()}
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    if isinstance(parsed, dict):
        return {k: _redacted(str(v)) if k in _SECRETS else v for k, v in parsed.items()}
    return parsed


_SECRETS = frozenset({"token", "client_secret", "access_token", "refresh_token"})
