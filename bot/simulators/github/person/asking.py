"""Who asks: a person says their login in the body, and may do what their role allows."""

from __future__ import annotations

from bot.simulators.github.errors import GitHubError, not_found
from bot.simulators.github.records import ROLES, App, Role, User
from bot.simulators.github.wire.fields import need_text, text
from bot.simulators.github.wire.routing import Call


def person_of(call: Call) -> User:
    """Who asks. Raises 404 for an unknown login."""
    return call.world.user(need_text(call.fields, "login"))


def need(call: Call, role: Role, *, unless_by: User | None = None) -> User:
    """The person, if their role is at least this one or it is their own. Raises 403 or 404."""
    person, repository = person_of(call), call.repository
    held = repository.role_of(person)
    if held is None:
        raise not_found()
    if person is unless_by or ROLES.index(held) >= ROLES.index(role):
        return person
    raise GitHubError(403, f"{person.login} needs {role} on {repository.full_name}")


def via(call: Call) -> App | None:
    """The other app, by its slug, through which the person does it. Raises 404 for an unknown."""
    slug = text(call.fields, "via")
    if slug and slug not in call.world.other_apps:
        raise not_found()
    return call.world.other_apps[slug] if slug else None
