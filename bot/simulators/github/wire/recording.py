"""Writes each exchange down as a line of JSON, credentials left out."""

from __future__ import annotations

import json
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.simulators.github.wire.middlewares import is_api


def record(path: Path) -> Middleware:
    """Append every exchange of the REST API to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)

    @web.middleware
    async def recorded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not is_api(request):
            return await handler(request)
        sent = await request.read()
        answer = await handler(request)
        content = answer.body if isinstance(answer, web.Response) else None
        body = _body(content) if isinstance(content, bytes) else None
        exchange = {
            "method": request.method,
            "url": request.path_qs,
            "request_headers": {
                **request.headers,
                **_without_secret(request.headers.get("Authorization", "")),
            },
            "request_body": _body(sent),
            "status": answer.status,
            "response_headers": dict(answer.headers),
            "response_body": body if request.method != "HEAD" else None,
        }
        with path.open("a") as lines:
            lines.write(json.dumps(_hidden(exchange)) + "\n")
        return answer

    return recorded


def _without_secret(header: str) -> dict[str, str]:
    """A JWT without its signature, any other token without all of it."""
    if not header:
        return {}
    scheme, _, value = header.partition(" ")
    parts = value.split(".")
    kept = f"{parts[0]}.{parts[1]}.-" if len(parts) == 3 else "-"
    return {"Authorization": f"{scheme} {kept}"}


def _hidden(exchange: dict[str, object]) -> dict[str, object]:
    body = exchange["response_body"]
    if isinstance(body, dict):
        secret = {k: "-" for k in ("token", "pem", "client_secret", "webhook_secret") if k in body}
        exchange["response_body"] = body | secret
    return exchange


def _body(raw: bytes) -> object:
    """A body as a recording holds it: JSON where it is JSON, text where it is text."""
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")
