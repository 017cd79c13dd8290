"""Accounts, repositories, roles, installations, the app's registration, and faults."""

from __future__ import annotations

import json
from typing import get_args
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from bot.simulators.github.actions import installs
from bot.simulators.github.errors import GitHubError, malformed, not_found
from bot.simulators.github.manifest import MANIFESTS
from bot.simulators.github.person.asking import Ask, Doors
from bot.simulators.github.person.pulls import files_of
from bot.simulators.github.records import ROLES, Installation, Json, Repository, Role
from bot.simulators.github.rest.app import WEBHOOKS
from bot.simulators.github.views import accounts
from bot.simulators.github.views.repositories import repository as repository_view
from bot.simulators.github.wire.faults import Faults
from bot.simulators.github.wire.fields import flag, need_text, number, text, texts
from bot.simulators.github.wire.routing import WORLD, answer
from bot.simulators.github.world import World

doors = Doors()
FAULTS = web.AppKey("faults", Faults)


def set_role(world: World, repository: Repository, login: str, role: str | None) -> None:
    """Give somebody a role in a repository, or (None) take it. Raises 422 for an unknown one."""
    if role is None:
        repository.roles.pop(login.lower(), None)
    elif role not in ROLES:
        raise malformed(f"{role} is not one of {', '.join(get_args(Role))}.")
    else:
        repository.roles[world.user(login).login.lower()] = ROLES[ROLES.index(role)]
    world.changed("role", repository)


@doors("POST", "/users")
async def add_user(ask: Ask) -> object:
    """``{login, name?, type?: "User" | "Organization"}``."""
    made = installs.add_account(
        ask.world,
        need_text(ask.body, "login"),
        kind="Organization" if ask.body.get("type") == "Organization" else "User",
        name=text(ask.body, "name"),
    )
    return accounts.user(ask.world, made)


@doors("POST", "/repos")
async def add_repository(ask: Ask) -> object:
    """``{full_name, files?, private?, description?, default_branch?, executable?}``."""
    owner, slash, name = need_text(ask.body, "full_name").partition("/")
    if not slash or not name:
        raise malformed("full_name is owner/name.")
    made = await installs.add_repository(
        ask.world,
        installs.add_account(ask.world, owner),
        name,
        {path: data for path, data in files_of(ask.body).items() if data is not None},
        private=flag(ask.body, "private"),
        description=text(ask.body, "description"),
        default_branch=text(ask.body, "default_branch") or "main",
        executable=texts(ask.body, "executable") or (),
    )
    return repository_view(ask.world, made)


@doors("PUT", "/repos/{owner}/{repo}/roles")
async def change_role(ask: Ask) -> object:
    """``{login, role}``: read, triage, write, maintain, admin, or null to take it away."""
    set_role(ask.world, ask.repository, need_text(ask.body, "login"), text(ask.body, "role"))
    return None


@doors("POST", "/installations")
async def install(ask: Ask) -> object:
    """``{login, account, repositories?, permissions?, events?}``; without repositories, all."""
    chosen = texts(ask.body, "repositories")
    made = installs.install(
        ask.world,
        ask.world.user(need_text(ask.body, "account")),
        None if chosen is None else [ask.world.repository(name) for name in chosen],
        ask.person,
        permissions=ask.body.get("permissions"),
        events=texts(ask.body, "events"),
    )
    return accounts.installation(ask.world, made)


@doors("PATCH", "/installations/{number}")
async def change_installation(ask: Ask) -> object:
    """``{login, add?, remove?, suspended?}``."""
    where = _installation(ask)
    add, remove = (
        [ask.world.repository(name) for name in texts(ask.body, key) or ()]
        for key in ("add", "remove")
    )
    if add or remove:
        installs.choose(ask.world, where, ask.person, add=add, remove=remove)
    if "suspended" in ask.body:
        suspended = flag(ask.body, "suspended")
        installs.suspend(ask.world, where, ask.person, suspended=suspended)
    return accounts.installation(ask.world, where)


@doors("DELETE", "/installations/{number}")
async def uninstall(ask: Ask) -> object:
    """``{login}``."""
    installs.uninstall(ask.world, _installation(ask), ask.person)
    return None


@doors("POST", "/faults")
async def add_fault(ask: Ask) -> object:
    """A fault to come; see ``wire/faults.py``."""
    ask.request.app[FAULTS].add(ask.body)
    return {"waiting": len(ask.request.app[FAULTS].waiting)}


@doors("DELETE", "/faults")
async def clear_faults(ask: Ask) -> object:
    """No more faults."""
    ask.request.app[FAULTS].waiting.clear()
    return None


@doors("POST", "/webhooks")
async def change_webhooks(ask: Ask) -> object:
    """``{lose: n}``: the next n webhooks never arrive, and GitHub does not try again."""
    ask.request.app[WEBHOOKS].lose = number(ask.body, "lose") or 0
    return None


@doors("POST", "/settle")
async def settle(ask: Ask) -> object:
    """Answers once every webhook so far has been sent."""
    await ask.request.app[WEBHOOKS].settle()
    return {"version": ask.world.version}


@doors("POST", "/manifest")
async def register(ask: Ask) -> object:
    """``{manifest}``: accept it, as pressing Create does; the code to convert it with."""
    manifest = ask.body.get("manifest")
    if not isinstance(manifest, dict):
        raise malformed('"manifest" wasn\'t supplied.')
    return {"code": ask.request.app[MANIFESTS].accept(ask.world, manifest)}


async def manifest_page(request: web.Request) -> web.StreamResponse:
    """The form that a setup page posts to github.com/settings/apps/new; back with a code."""
    form = await request.post()
    try:
        manifest: Json = json.loads(str(form.get("manifest", "")))
        back = urlsplit(manifest["redirect_url"])
    except (ValueError, KeyError, TypeError):
        return answer(GitHubError(422, "Invalid manifest").body(""), 422)
    code = request.app[MANIFESTS].accept(request.app[WORLD], manifest)
    query = {"code": code} | ({"state": s} if (s := request.query.get("state")) else {})
    location = back._replace(query=urlencode(query)).geturl()
    return web.Response(status=302, headers={"Location": location})


def _installation(ask: Ask) -> Installation:
    try:
        return ask.world.installations[ask.number()]
    except KeyError:
        raise not_found() from None
