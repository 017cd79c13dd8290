"""A Slack person is the GitHub account that they proved to be, as long as that is there."""

from __future__ import annotations

import secrets
import time

from bot.context import Context
from bot.domain.errors import Rejected
from bot.domain.models import Person, Project

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
