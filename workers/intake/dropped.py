"""The files of the very message that a command was said in, by who said it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.context import Context
from bot.domain.errors import NotAllowed, NotUnderstood
from bot.domain.models import Person
from bot.slack.client import Slack
from bot.slack.dropped import Dropped


def slack_of(ctx: Context) -> Slack:
    """Slack, as far as a file came from there. Raises NotAllowed where it is connected no more."""
    if ctx.slack is None:
        raise NotAllowed("Slack is not connected any more: add the file in the shell.")
    return ctx.slack


async def looked_at(
    ctx: Context, person: Person, names: Sequence[str]
) -> list[tuple[str, Dropped]]:
    """Each with what Slack tells of it; none is read yet. Raises NotAllowed for what another put
    there, whose it is to say so; NotUnderstood where there is none."""
    if not names:
        raise NotUnderstood("Attach the file to the message that says so (see docs/files.md).")
    files = [(name, await slack_of(ctx).dropped(name)) for name in names]
    for _, file in files:
        if file.user != person.slack_user:
            raise NotAllowed(f"{file.name} is not yours: who put it into Slack says what to do.")
    return files
