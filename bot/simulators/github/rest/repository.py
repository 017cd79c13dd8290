"""A repository and who may do what in it.

https://docs.github.com/rest/repos/repos and /rest/collaborators/collaborators
"""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.errors import not_found
from bot.simulators.github.views import accounts
from bot.simulators.github.views.repositories import full_repository
from bot.simulators.github.wire.routing import Call, Routes, answer, listed, page_of

routes = Routes("repos/repos")
users = Routes("users/users")
access = Routes("collaborators/collaborators")
# The legacy field knows four words for five roles.
_LEGACY = {"triage": "read", "maintain": "write"}


@routes("GET", "/repos/{owner}/{repo}", "metadata:read")
async def get_repository(call: Call) -> web.StreamResponse:
    """A repository, whole."""
    return answer(full_repository(call.repository, "read"))


@access("GET", "/repos/{owner}/{repo}/collaborators/{login}/permission", "metadata:read")
async def get_permission(call: Call) -> web.StreamResponse:
    """What somebody may do: the legacy level and the role's own name."""
    account = call.world.users.get(call.path("login").lower())
    if account is None:
        raise not_found(f"{call.path('login')} is not a user")
    role = call.repository.role_of(account) or "none"
    user = accounts.collaborator(call.repository, account)
    return answer(
        {"permission": _LEGACY.get(role, role), "user": user, "role_name": user["role_name"]}
    )


@access("GET", "/repos/{owner}/{repo}/collaborators", "metadata:read")
async def list_collaborators(call: Call) -> web.StreamResponse:
    """Everybody with a role of their own."""
    owner, roles = call.repository.owner, call.repository.roles
    people = [owner] if owner.type == "User" else []
    people += roles
    found, headers = page_of(call, people)
    views = [accounts.collaborator(call.repository, one) for one in found]
    return answer(views, headers=headers)


@routes("GET", "/repos/{owner}/{repo}/releases", "contents:read")
async def list_releases(call: Call) -> web.StreamResponse:
    """Every release, newest first."""
    return listed(call, call.repository.releases[::-1], dict)


@users("GET", "/user/{id}", "metadata:read")
async def get_user(call: Call) -> web.StreamResponse:
    """A user by id, whatever they are called now."""
    found = next((u for u in call.world.users.values() if u.id == call.number("id")), None)
    if found is None:
        raise not_found()
    return answer(accounts.profile(found))


routes.extend(access)
routes.extend(users)
