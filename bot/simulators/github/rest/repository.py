"""A repository and who may do what in it.

https://docs.github.com/rest/repos/repos and /rest/collaborators/collaborators
"""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

from aiohttp import web

from bot.simulators.github.errors import not_found
from bot.simulators.github.git import NoSuchObject
from bot.simulators.github.records import Repository, User
from bot.simulators.github.views import accounts
from bot.simulators.github.views.repositories import full_repository
from bot.simulators.github.wire.routing import Call, Routes, answer, nothing, page_of
from bot.simulators.github.world import World

routes = Routes("repos/repos")
people = Routes("collaborators/collaborators")
# The legacy field knows four words for five roles.
_LEGACY = {"triage": "read", "maintain": "write"}
_LANGUAGES = {
    ".py": "Python",
    ".js": "JavaScript",
    ".ts": "TypeScript",
    ".go": "Go",
    ".rs": "Rust",
    ".rb": "Ruby",
    ".java": "Java",
    ".c": "C",
    ".sh": "Shell",
    ".html": "HTML",
    ".css": "CSS",
}


@routes("GET", "/repos/{owner}/{repo}", "metadata:read")
async def get_repository(call: Call) -> web.StreamResponse:
    """A repository, whole."""
    return answer(full_repository(call.world, call.repository, "read"))


@routes("GET", "/repos/{owner}/{repo}/languages", "metadata:read")
async def list_languages(call: Call) -> web.StreamResponse:
    """Bytes of code by language on the default branch."""
    repository, sizes = call.repository, Counter[str]()
    try:
        tip = await repository.git.resolve(repository.default_branch)
    except NoSuchObject:
        return answer({})
    for entry in await repository.git.tree(tip, recursive=True):
        language = _LANGUAGES.get(PurePosixPath(entry.path).suffix)
        if language and entry.size:
            sizes[language] += entry.size
    return answer(dict(sizes.most_common()))


@people("GET", "/repos/{owner}/{repo}/collaborators/{login}/permission", "metadata:read")
async def get_permission(call: Call) -> web.StreamResponse:
    """What somebody may do: the legacy level and the role's own name."""
    account = _person(call.world, call.path("login"))
    role = call.repository.role_of(account) or "none"
    return answer(
        {
            "permission": _LEGACY.get(role, role),
            "user": accounts.collaborator(call.world, call.repository, account),
            "role_name": role,
        }
    )


@people("GET", "/repos/{owner}/{repo}/collaborators", "metadata:read")
async def list_collaborators(call: Call) -> web.StreamResponse:
    """Everybody with a role of their own."""
    found, headers = page_of(call, collaborators(call.world, call.repository))
    views = [accounts.collaborator(call.world, call.repository, one) for one in found]
    return answer(views, headers=headers)


@people("GET", "/repos/{owner}/{repo}/collaborators/{login}", "metadata:read")
async def check_collaborator(call: Call) -> web.StreamResponse:
    """204 for a collaborator, 404 for anybody else."""
    if call.world.user(call.path("login")) in collaborators(call.world, call.repository):
        return nothing()
    raise not_found()


def collaborators(world: World, repository: Repository) -> list[User]:
    """The owner, where it is a person, and everybody with a role."""
    owner = [repository.owner] if repository.owner.type == "User" else []
    return owner + [world.users[login] for login in repository.roles if login in world.users]


def _person(world: World, login: str) -> User:
    if login.lower() not in world.users:
        raise not_found(f"{login} is not a user")
    return world.users[login.lower()]


routes.extend(people)
