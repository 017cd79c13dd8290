"""Who looks at a run: signed in with GitHub, for a working day, in one browser. The cookie is
sealed with the vault's keys and says who; what they may is asked of GitHub each time."""

import json
import secrets

from aiohttp import web
from cryptography.fernet import InvalidToken

from bot.context import Context
from bot.domain.errors import ConfigError, Forbidden
from bot.domain.models import Person
from bot.github import signin
from bot.github.manifest import SIGNED_IN
from bot.sources.proof import is_same
from handlers.setup import guard

_DAY, _MOMENT = 8 * 3600, 600
_WHO, _WAY = "soulcaster-who", "soulcaster-way"


def _keep(
    request: web.Request, ctx: Context, to: web.Response, name: str, what: dict[str, str], life: int
) -> None:
    kept = ctx.fernet.encrypt(json.dumps({"for": name, **what}).encode()).decode()
    guard.set_cookie(to, guard.cookie_name(request, ctx, name), kept, life)


def _kept(request: web.Request, ctx: Context, name: str, life: int) -> dict[str, str]:
    shown = request.cookies.get(guard.cookie_name(request, ctx, name), "")
    try:
        told = json.loads(ctx.fernet.decrypt(shown, ttl=life)) if shown else {}
    except (InvalidToken, ValueError):
        return {}
    return told if isinstance(told, dict) and told.get("for") == name else {}


def cookie(request: web.Request, ctx: Context) -> str:
    """What the forms of this browser's pages are derived from."""
    return request.cookies.get(guard.cookie_name(request, ctx, _WHO), "")


def who(request: web.Request, ctx: Context) -> Person | None:
    """Who signed in here; None for nobody."""
    told = _kept(request, ctx, _WHO, _DAY)
    return Person(login=told["login"], user_id=int(told["id"])) if told else None


def check_place(request: web.Request, ctx: Context) -> None:
    """Raises Forbidden where a cookie would go in the open."""
    if not (guard.is_secure(request, ctx.settings.soulcaster_proxies) or guard.is_here(request)):
        raise Forbidden("Runs are shown over HTTPS, or to this machine as localhost.")


def leave(request: web.Request, ctx: Context, to: str) -> web.Response:
    """On to GitHub, and back to the page ``to`` from there. Raises ConfigError."""
    s = ctx.settings
    if not s.github_client_id:
        raise ConfigError("Nobody can sign in: set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET.")
    here = s.soulcaster_public_url or guard.origin(request, s.soulcaster_proxies)
    way = {"state": secrets.token_urlsafe(24), "proof": secrets.token_urlsafe(48), "to": to}
    asked = s.github_client_id, f"{here}{SIGNED_IN}", way["state"], way["proof"]
    there = signin.address(s.github_api_url, *asked)
    answer = web.Response(status=303, headers={"Location": there, "Cache-Control": "no-store"})
    _keep(request, ctx, answer, _WAY, way, _MOMENT)
    return answer


async def come_back(request: web.Request, ctx: Context) -> web.Response:
    """Back from GitHub. Raises Forbidden where this browser did not begin that way."""
    way = _kept(request, ctx, _WAY, _MOMENT)
    if not way or not is_same(request.query.get("state", ""), way["state"]):
        raise Forbidden("This way back from GitHub was not begun in this browser: sign in again.")
    s = ctx.settings
    keys = s.github_client_id, s.github_client_secret.get_secret_value()
    code = request.query.get("code", "")
    person = await signin.person(ctx.http, s.github_api_url, keys, code, way["proof"])
    answer = web.Response(status=303, headers={"Location": way["to"], "Cache-Control": "no-store"})
    _keep(request, ctx, answer, _WHO, {"login": person.login, "id": str(person.user_id)}, _DAY)
    answer.del_cookie(guard.cookie_name(request, ctx, _WAY), path="/")
    return answer
