"""Who may: the live role on GitHub, asked again before any write. Never ``author_association``."""

from __future__ import annotations

import time

from bot.context import Context
from bot.domain.commands.command import Command, Level
from bot.domain.errors import NotAllowed
from bot.domain.models import Person, Project
from bot.github import issues

CACHED_SECONDS = 60.0
# The role of whoever sits at this server's shell.
OPERATOR = "operator"
_LEVELS = {
    "none": Level.L0,
    "read": Level.L0,
    "triage": Level.L2,
    "write": Level.L3,
    "maintain": Level.L4,
    "admin": Level.L4,
}
_ROLES = {Level.L1: "triage", Level.L2: "triage", Level.L3: "write", Level.L4: "maintain"}

_roles: dict[tuple[str, int, str], tuple[float, str]] = {}


async def linked(ctx: Context, person: Person) -> Person:
    """A Slack user as the GitHub user linked to them; unlinked stays unlinked."""
    if person.login or not person.slack_user:
        return person
    login = ctx.settings.soulcaster_links.get(person.slack_user, "")
    return person.model_copy(update={"login": login})


async def role_of(ctx: Context, project: Project, login: str, *, fresh: bool = False) -> str:
    """The role's name, at most a minute old; ``fresh`` asks GitHub now."""
    if not login:
        return "none"
    key = (ctx.redis_url, project.id, login)
    at, role = _roles.get(key, (0.0, ""))
    if fresh or time.monotonic() - at > CACHED_SECONDS or not role:
        role = await issues.role(ctx.github.repo(project), login)
        _roles[key] = (time.monotonic(), role)
    return role


def level_of(role: str) -> Level:
    """The level a role reaches. A custom role counts as read until GitHub says its base."""
    return _LEVELS.get(role, Level.L0)


async def require(
    ctx: Context, project: Project, person: Person, command: type[Command], own: bool = False
) -> str:
    """The person's role. Raises NotAllowed in one line that says who can.

    ``own``: the person reported what the command is about, which is enough for L1.
    """
    writes = command.level > Level.L0
    if person.operator:
        return OPERATOR
    role = await role_of(ctx, project, person.login, fresh=writes)
    level = level_of(role)
    if not writes or level >= command.level or (command.level is Level.L1 and own):
        return role
    if not person.login:
        raise NotAllowed(
            f"{command.verb} needs your GitHub account: ask an operator to add "
            f"{person.slack_user}=your-login to SOULCASTER_LINKS."
        )
    able = [
        login
        for login, has in await issues.collaborators(ctx.github.repo(project))
        if level_of(has) >= command.level
    ]
    people = ", ".join(f"@{login}" for login in able[:5]) or "nobody yet"
    raise NotAllowed(
        f"@{person.login} needs {_ROLES[command.level]} on {project.full_name} to run "
        f"{command.verb} (has: {role}). People who can: {people}."
    )
