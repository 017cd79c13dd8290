"""A door that used to speak falls silent, by its own rhythm: said once, and once when it speaks.
Each look says when the next one is due: a door costs one about as often as it may pause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from bot.context import Context
from bot.domain.cards.card import Code, Tone, note
from bot.domain.errors import ConfigError, NotFound
from bot.domain.rhythm import DAY, patience_left
from bot.jobs import enqueue
from workers import jobs
from workers.digests.notices import tell

# What is not looked at for so long could not have been heard, either.
AWAY = timedelta(minutes=10)
LOOKED, LISTENING = "doors", "listening"


async def ask_for_silent(ctx: Context) -> None:
    """The clock's: doors whose silence may be too long by now, or that speak again."""
    now, looked = ctx.now(), await ctx.marks.get(LOOKED)
    if looked is None or now - looked > AWAY:
        await ctx.marks.put(LISTENING, now)
    await ctx.marks.put(LOOKED, now)
    for project, hook in await ctx.vault.health.due(now):
        await enqueue(ctx, jobs.listen_to_door, project, hook)


async def listen_to_door(ctx: Context, project_id: int, hook_id: str) -> None:
    """Say it where a door has become silent, or speaks again; and when to look next."""
    health, now, door = ctx.vault.health, ctx.now(), (project_id, hook_id)
    try:
        project, hook = await ctx.projects.get(project_id), await ctx.vault.hook(hook_id)
    except (NotFound, ConfigError):  # where it is unreadable it hears nothing
        await health.look_again(*door, None)
        return

    async def say(key: str, tone: Tone, words: str, where: str = "") -> None:
        line = "The source ", Code(hook.word), words
        await tell(ctx, project, lambda to: note(key, *line, audience=to, tone=tone), where=where)

    came = (await health.state(*door, now)).came
    spoke = came["taken"] + came["refused"] + came["let pass"]
    hour, hours = now.timestamp() / 3600, sorted(spoke)
    # Something has come since: the longest pause that ended lately may have been said.
    pauses = [(until - since, since) for since, until in pairwise(hours) if until > hour - DAY]
    length, since = max(pauses, default=(0, 0))
    if length > 1:
        words = f" speaks again. It was silent from {_at(since)} to {_at(since + length)}."
        await say(f"speaks:{hook_id}:{since}", "succeeded", words, f"silent:{hook_id}:{since}")
    listening = (await ctx.marks.get(LISTENING) or now).timestamp() / 3600
    left = DAY if hook.paused else patience_left(spoke, hour, listening_since=listening)
    if left <= 0:
        words = f" is silent since {_at(hours[-1])}, far longer than usual. Does its sender run? "
        words += f"If it is meant to be, say source pause {hook.word}."
        await say(f"silent:{hook_id}:{hours[-1]}", "failed", words)
    await health.look_again(*door, now + timedelta(hours=left) if left > 0 else None)


def _at(hour: int) -> str:
    return f"{datetime.fromtimestamp(hour * 3600, UTC):%d %b %H:00} UTC"
