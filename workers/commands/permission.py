"""Who may, and how often: the live role on GitHub, asked again before any write, never
``author_association``; and how much a person may ask for in a minute of the clock,
SOULCASTER_CALLS. A command belongs to the minute in which it was heard: obeyed again, it is counted
no second time, and was it counted, it is never refused for those that came after it."""

import hashlib
import math
import secrets
import time
from datetime import datetime, timedelta
from typing import Literal

from bot.context import Context
from bot.domain.commands.command import Calls, Command, Level
from bot.domain.commands.rights import NEEDED, OPERATOR, Role, allows, level_of
from bot.domain.errors import NotAllowed, Rejected, TooOften
from bot.domain.models import Person, Place, Project
from bot.domain.rooms import Asker, Room, Way, way_back
from bot.github import people
from bot.say import room_of

CACHED_SECONDS = 60.0
MOST_NAMED = 3

_people: dict[tuple[str, int], tuple[float, list[tuple[str, Role]]]] = {}
_roles: dict[tuple[str, int, int | str], tuple[float, Role]] = {}


async def role_of(ctx: Context, project: Project, person: Person, *, fresh: bool = False) -> Role:
    """The person's role, at most a minute old; ``fresh`` asks GitHub now. A token that was made in
    the shell is a maintainer's, while the app reaches the repository."""
    if person.operator and not person.token:
        return OPERATOR
    who = person.login if person.user_id is None else person.user_id
    key = (ctx.redis_url, project.id, "the operator" if person.operator else who)
    at, role = _roles.get(key, (0.0, None))
    if fresh or role is None or time.monotonic() - at > CACHED_SECONDS:
        if person.operator:
            role = "maintain" if await ctx.github.reaches(project) else "none"
        else:
            role = await people.role(ctx.github.repo(project), person)
        _roles[key] = (time.monotonic(), role)
    return role


async def require(
    ctx: Context, project: Project, person: Person, command: Command, own: bool = False
) -> Role:
    """The person's role. Raises NotAllowed in one line that says who can. ``own``: what the command
    is about is the person's own, which is enough where it asks for that."""
    needs = command.needs
    role = await role_of(ctx, project, person, fresh=needs > Level.L0)
    if allows(role, command, own=own) or (needs is Level.L0 and not person.login):
        return role
    if not person.login:
        raise NotAllowed(f"{command.verb} needs your GitHub account: say link in Slack.")
    able = await those_with(ctx, project, needs)
    names = ", ".join(f"@{login}" for login in able[:MOST_NAMED]) or "nobody yet"
    raise NotAllowed(
        f"@{person.login} needs {NEEDED[needs]} on {project.full_name} to run "
        f"{command.verb} (has: {role}). People who can: {names}."
    )


async def those_with(ctx: Context, project: Project, level: Level) -> list[str]:
    """Logins of those who have a role of their own that reaches the level, a minute ago at most."""
    key = (ctx.redis_url, project.id)
    at, known = _people.get(key, (-CACHED_SECONDS, []))
    if time.monotonic() - at > CACHED_SECONDS:
        known = await people.collaborators(ctx.github.repo(project))
        _people[key] = (time.monotonic(), known)
    return [login for login, has in known if has != "none" and level_of(has) >= level]


async def asker_of(ctx: Context, project: Project, person: Person) -> Asker:
    """The person as the project sees them; that GitHub refuses us is a no."""
    if not person.login:
        return Asker()
    try:
        role: Role = await role_of(ctx, project, person)
    except Rejected:
        role = "none"
    return Asker(linked=True, reads=role != "none", works=level_of(role) >= Level.L2)


async def way_of(ctx: Context, project: Project, person: Person, place: Place) -> tuple[Asker, Way]:
    """Who asks, and how they are answered there."""
    if not place.channel:
        return Asker(), way_back(project, place, Room(), Asker())
    asker = await asker_of(ctx, project, person)
    return asker, way_back(project, place, await room_of(ctx, project, place.channel), asker)


_SAID = {"reading": "commands", "costly": "costly commands", "uploads": "requests of uploads"}
_MINUTE = timedelta(minutes=1)


async def require_pace(
    ctx: Context, person: Person, kind: Calls | Literal["uploads"], call: str, at: datetime
) -> None:
    """Count a call made then. Raises TooOften, with when to come back. What a token only reads has
    a limit of its own, SOULCASTER_API_LIMIT."""
    if kind == "free" or (person.token and kind == "reading"):
        return
    cap = dict(zip(_SAID, ctx.settings.soulcaster_calls, strict=True))[kind]
    login = person.login.lower() or f"{person.slack_team}/{person.slack_user}/{person.operator}"
    who = hashlib.blake2b(login.encode(), digest_size=8).hexdigest()
    minute = f"{at:%Y-%m-%dT%H:%M}"
    if await ctx.quotas.call(who, kind, minute, call, cap):
        return
    first = await ctx.quotas.call(who, f"{kind}-refused", minute, call, 1)
    over = at.replace(second=0, microsecond=0) + _MINUTE
    left = max(1, math.ceil((over - ctx.now()).total_seconds()))
    raise TooOften(
        f"A person has {cap} {_SAID[kind]} a minute: come back in {left} s. "
        "What stops, pauses or undoes is always obeyed.",
        retry_after=left,
        told=not first,
    )


CHECKED_SECONDS = 60.0
# No vowels, and nothing that looks like something else.
_LETTERS = "BCDFGHJKMNPQRSTVWXZ23456789"
_CODE_LENGTH = 12

NOT_OURS = (
    "I answer members of the Slack workspace that I am installed in, and you are of another one."
)

_seen: dict[tuple[str, int], tuple[float, str]] = {}


async def at_home(ctx: Context, person: Person) -> bool:
    """Whether a Slack person is of a workspace that the app is installed in."""
    return ctx.slack is not None and await ctx.slack.at(person.slack_team) is not None


async def linked(ctx: Context, person: Person) -> Person:
    """A Slack person with their GitHub account, where they have one and are of our workspace."""
    if person.login or not person.slack_user or not await at_home(ctx, person):
        return person
    account = await ctx.accounts.find(person)
    if account is not None:
        return person.model_copy(update=account.model_dump(exclude={"installation"}))
    who = f"{person.slack_team}/{person.slack_user}"
    return person.model_copy(update={"login": ctx.settings.soulcaster_links.get(who, "")})


async def still_linked(ctx: Context, project: Project, person: Person) -> Person:
    """:func:`linked`, with GitHub asked whether that account is still there, once a minute. One
    that is gone is unlinked here, one that was renamed is called by its new login.
    https://docs.github.com/en/rest/users/users#get-a-user-using-their-id"""
    known = await linked(ctx, person)
    if person.login or known.user_id is None:
        return known
    key = (ctx.redis_url, known.user_id)
    at, login = _seen.get(key, (0.0, ""))
    if not login or time.monotonic() - at > CHECKED_SECONDS:
        repo = ctx.github.repo(project)
        try:
            login = str((await repo.get_from("/user/{id}", id=str(known.user_id)))["login"])
        except Rejected as error:
            if error.status != 404:
                raise
            _seen.pop(key, None)
            await ctx.accounts.unlink(person)
            return await linked(ctx, person)
        _seen[key] = (time.monotonic(), login)
        if login != known.login and (held := await ctx.accounts.find(person)):
            await ctx.accounts.link(person, held.model_copy(update={"login": login}))
    return known.model_copy(update={"login": login})


async def new_code(ctx: Context, person: Person) -> str:
    """A code that proves on GitHub who they are here: ten minutes, once."""
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
    await ctx.accounts.keep_code(code, person)
    return code
