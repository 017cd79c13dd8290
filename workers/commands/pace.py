"""How much a person may ask for in a minute of the clock: SOULCASTER_CALLS. A command belongs to
the minute in which it was heard: obeyed again, it is counted no second time, and was it counted, it
is never refused for those that came after it."""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta
from typing import Literal

from bot.context import Context
from bot.domain.commands.command import Calls
from bot.domain.errors import TooOften
from bot.domain.models import Person

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
