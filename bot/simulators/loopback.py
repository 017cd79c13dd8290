"""Nobody but this machine, and no page but ours: what stands before a simulator.

Any page that a browser shows can send requests to this machine, and a name that its owner points
at 127.0.0.1 makes them look like ours (https://en.wikipedia.org/wiki/DNS_rebinding). So the Host
must be ours, Origin and Sec-Fetch-Site may name nobody else, and what a person does takes JSON and
a token, neither of which another page can send.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

TOKEN_HEADER: Final = "X-Simulator-Token"  # noqa: S105
_NAMES = ("127.0.0.1", "localhost", "[::1]")
_PERSONS = re.compile(r"/_sim(/|$)")
_LINKED = re.compile(r"/settings/apps/new$")  # GitHub takes a manifest from any page


def loopback_only(token: str = "", *, persons: re.Pattern[str] = _PERSONS) -> Middleware:
    """A middleware. ``persons`` matches the paths of what a person does; "" asks no token there."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host not in _hosts(request):
            raise web.HTTPForbidden(text="This is 127.0.0.1, by no other name.")
        persons_do = bool(persons.match(request.path))
        changes = request.method not in ("GET", "HEAD") and not _LINKED.search(request.path)
        if (persons_do or changes) and _foreign(request):
            raise web.HTTPForbidden(text="Another page has no business here.")
        if persons_do:
            _check(request, token)
        return await handler(request)

    return guarded


def _hosts(request: web.Request) -> set[str]:
    bound = request.get_extra_info("sockname")
    return {f"{name}:{bound[1]}" for name in _NAMES} if bound else set()


def _foreign(request: web.Request) -> bool:
    """Whether a browser says that another page than ours has sent this.

    https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site
    """
    site = request.headers.get("Sec-Fetch-Site", "none")
    origin = request.headers.get("Origin", f"http://{request.host}")
    return site not in ("same-origin", "none") or origin != f"http://{request.host}"


def _check(request: web.Request, token: str) -> None:
    # Streams are asked for by EventSource, which can send no header.
    shown = request.headers.get(TOKEN_HEADER) or request.query.get("token", "")
    if token and not hmac.compare_digest(shown.encode(), token.encode()):
        raise web.HTTPForbidden(text="The token of the page is missing.")
    if request.body_exists and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="Send JSON.")
