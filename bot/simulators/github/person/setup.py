"""What people do with installations and the app's registration; and faults."""

from __future__ import annotations

import json
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from bot.simulators.github.actions import installs
from bot.simulators.github.errors import GitHubError
from bot.simulators.github.manifest import accept
from bot.simulators.github.person.asking import person_of
from bot.simulators.github.records import Json
from bot.simulators.github.views import accounts
from bot.simulators.github.wire.faults import FAULTS
from bot.simulators.github.wire.fields import flag, texts
from bot.simulators.github.wire.routing import WORLD, Call, Routes, answer, nothing

routes = Routes()
_INSTALLATION = "/_sim/installations/{installation}"


@routes("PATCH", _INSTALLATION, "anyone")
async def change_installation(call: Call) -> web.StreamResponse:
    """``{login, add?, remove?, suspended?}``."""
    where, person = call.installation(), person_of(call)
    add, remove = (
        [call.world.repository(name) for name in texts(call.fields, key) or ()]
        for key in ("add", "remove")
    )
    if add or remove:
        installs.choose(where, person, add=add, remove=remove)
    if "suspended" in call.fields:
        installs.suspend(where, person, suspended=flag(call.fields, "suspended"))
    return answer(accounts.installation(where))


@routes("DELETE", _INSTALLATION, "anyone")
async def uninstall(call: Call) -> web.StreamResponse:
    """``{login}``."""
    installs.uninstall(call.installation(), person_of(call))
    return nothing()


@routes("POST", "/_sim/faults", "anyone")
async def add_fault(call: Call) -> web.StreamResponse:
    """A fault to come; see ``wire/faults.py``."""
    faults = call.request.app[FAULTS]
    faults.add(call.fields)
    return answer({"waiting": len(faults.waiting)})


async def manifest_page(request: web.Request) -> web.StreamResponse:
    """The form that a setup page posts to github.com/settings/apps/new; back with a code."""
    form = await request.post()
    try:
        manifest: Json = json.loads(str(form.get("manifest", "")))
        back = urlsplit(manifest["redirect_url"])
    except (ValueError, KeyError, TypeError):
        return answer(GitHubError(422, "Invalid manifest").body(""), 422)
    code = accept(request.app[WORLD], manifest)
    query = {"code": code} | ({"state": s} if (s := request.query.get("state")) else {})
    location = back._replace(query=urlencode(query)).geturl()
    return web.Response(status=302, headers={"Location": location})
