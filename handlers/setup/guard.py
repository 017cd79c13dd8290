"""Whose setup page it is: where it is served, who owns it, what a form of it may do.

One code makes one browser the owner. It is served over HTTPS, or to this machine by its own name:
a code and keys are never sent in the open, and no name that somebody points here is ours
(https://en.wikipedia.org/wiki/DNS_rebinding).

A cookie is sent to every port of a host, so to whoever else serves one of this machine. It is half
of a session; the other half is in the page's address, which goes nowhere else: no referrer has it,
and GitHub, which brings it back in its state, has no cookie of ours. A browser with scripts keeps
it for this very port (https://developer.mozilla.org/docs/Web/API/Window/localStorage)."""

import asyncio
import hashlib
import hmac
import ipaddress

from aiohttp import web

from bot.context import Context
from bot.domain.errors import Forbidden
from bot.storage.setup import SESSION_LIFE
from handlers.doors.doors import Doors

_NAMES = ("127.0.0.1", "localhost", "[::1]")
# Codes are long; a machine that tries them is slowed down all the same.
DOOR = "setup"
_HALF = 22  # of 43 characters, 126 bits at the least


def is_secure(request: web.Request, proxies: int) -> bool:
    """Whether the browser's side is encrypted, as far as our own proxies can tell."""
    told = request.headers.getall("X-Forwarded-Proto", ())
    if proxies and told:
        return told[-1].split(",")[-1].strip() == "https"
    return request.secure


def origin(request: web.Request, proxies: int) -> str:
    """Where the browser is, as it says: a code that comes back there must not go in the open."""
    here = request.url.origin()
    return str(here.with_scheme("https") if is_secure(request, proxies) else here)


def is_here(request: web.Request) -> bool:
    """Whether a browser of this machine asks, by this machine's own name."""
    try:
        # A container hears this machine's browser by way of its bridge.
        local = ipaddress.ip_address(request.remote or "").is_private
    except ValueError:
        return False
    forwarded = {"X-Forwarded-For", "X-Forwarded-Host", "Forwarded"} & set(request.headers)
    return local and not forwarded and request.host.rsplit(":", 1)[0] in _NAMES


def check_place(request: web.Request, ctx: Context) -> None:
    """Raises Forbidden with the way to get here safely."""
    if is_secure(request, ctx.settings.soulcaster_proxies) or is_here(request):
        return
    port = ctx.settings.port
    raise Forbidden(
        "Setup is served over HTTPS, or to this machine as localhost. From yours: "
        f"ssh -L {port}:127.0.0.1:{port} YOU@THIS-SERVER, then open http://localhost:{port}/setup "
        "with the code. Behind a proxy with TLS set SOULCASTER_PROXIES."
    )


def cookie_name(request: web.Request, ctx: Context, name: str = "soulcaster-setup") -> str:
    """``__Host-``: of this host alone, sent over HTTPS alone.
    https://developer.mozilla.org/docs/Web/HTTP/Headers/Set-Cookie#cookie_prefixes"""
    return f"__Host-{name}" if is_secure(request, ctx.settings.soulcaster_proxies) else name


def set_cookie(to: web.Response, name: str, value: str, seconds: int) -> None:
    """Give it to the browser. Lax: GitHub's page leads back here."""
    secure = name.startswith("__Host-")
    to.set_cookie(
        name, value, path="/", max_age=seconds, secure=secure, httponly=True, samesite="Lax"
    )


def session_of(request: web.Request, ctx: Context) -> str:
    """What the browser shows: its cookie, and what the address has; "" for nothing."""
    query = request.query
    shown = query.get("at") or query.get("state", "").partition(".")[2]
    return request.cookies.get(cookie_name(request, ctx), "") + shown


def at(session: str) -> str:
    """The half that the page's address has."""
    return session[_HALF:]


def keep_session(request: web.Request, ctx: Context, session: str, to: web.Response) -> None:
    """Give a half to the browser."""
    life = int(SESSION_LIFE.total_seconds())
    set_cookie(to, cookie_name(request, ctx), session[:_HALF], life)


def derived(session: str, purpose: str) -> str:
    """What only this session's pages hold: of a form, or of the way to GitHub and back."""
    return hmac.new(session.encode(), purpose.encode(), hashlib.sha256).hexdigest()


async def owner(request: web.Request, ctx: Context) -> str:
    """The session of the owner. Raises Forbidden for anybody else."""
    session = session_of(request, ctx)
    if session and await ctx.setup.owns(session, ctx.now()):
        return session
    raise Forbidden("This page is the owner's: `soulcaster setup` prints a new code.")


def check_origin(request: web.Request) -> None:
    """Raises Forbidden for a form of another page. Sandboxed and old pages send no Origin."""
    origin = request.headers.get("Origin", "")
    if origin.partition("://")[2] != request.host:
        raise Forbidden("Another page has no business here.")


async def claim(request: web.Request, ctx: Context, doors: Doors, code: str) -> str:
    """The session that a code begins. Raises Forbidden, or TooMany for one wrong code too many."""
    here = asyncio.get_running_loop().time()
    doors.waits.check(DOOR, doors.address(request), here)
    session = await ctx.setup.claim(code, ctx.now())
    if not session:
        doors.waits.wrong(DOOR, doors.address(request), here)
        raise Forbidden(
            "This code was used, is too old or never was: `soulcaster setup` prints one."
        )
    doors.waits.right(DOOR, doors.address(request))
    return session
