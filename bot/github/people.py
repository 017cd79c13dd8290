"""People of a repository and what they may do there, live. An id stays, a login changes hands."""

from typing import Any

from bot.domain.commands.rights import Role, role_in
from bot.domain.models import Person
from bot.github.repo import Repo
from bot.github.wire import unless_refused


async def role(repo: Repo, person: Person) -> Role:
    """The live role; "none" for a login that is somebody else's by now. Who was renamed is found by
    id. A person without one is taken by the login.
    https://docs.github.com/en/rest/users/users#get-a-user-using-their-id"""
    if not person.login:
        return "none"
    found = await _permission(repo, person.login)
    if person.user_id is None:
        return role_in(found)
    if found is None or (found.get("user") or {}).get("id") != person.user_id:
        user = await unless_refused(repo.get_from("/user/{id}", id=str(person.user_id)), 404)
        found = await _permission(repo, str(user["login"])) if user else None
    return role_in(found, person.user_id)


async def collaborators(repo: Repo) -> list[tuple[str, Role]]:
    """Everybody with a role of their own: ``(login, role)``."""
    people = repo.pages("/collaborators{?per_page}", per_page="100")
    return [(str(person["login"]), role_in({"user": person})) async for person in people]


async def _permission(repo: Repo, login: str) -> Any:
    path = f"{repo.path}/collaborators/{{login}}/permission"
    return await unless_refused(repo.get_from(path, login=login), 404)
