"""Write down what was said, once, and have it obeyed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.errors import UpstreamError
from bot.domain.models import Person, Place, Project
from bot.github import issues
from bot.github.issues import Reaction
from bot.jobs import enqueue
from bot.log import log
from bot.storage.commands import Utterance
from workers import jobs

_IN_SLACK = {"eyes": "eyes", "rocket": "rocket", "-1": "no_entry_sign", "confused": "warning"}


async def react(ctx: Context, project: Project, place: Place, reaction: Reaction) -> None:
    """Put it there; twice is once. Where it is quiet on GitHub it was heard, and no more is said.
    Raises Unavailable or Rejected."""
    if reaction != "eyes" and place.issue and await ctx.configs.is_quiet(project.id):
        return
    if place.comment is not None:
        await issues.react(ctx.github.repo(project), f"issues/comments/{place.comment}", reaction)
    elif place.issue is not None:
        await issues.react(ctx.github.repo(project), f"issues/{place.issue}", reaction)
    elif place.public and place.message and ctx.slack is not None:
        await ctx.slack.react(place.channel, place.message, _IN_SLACK[reaction])


MOST_LINES = 10


async def lines(
    ctx: Context,
    project: Project,
    said: Sequence[str],
    person: Person,
    place: Place,
    origin: str,
    *,
    said_at: datetime | None = None,
    attached: Sequence[str] = (),
) -> None:
    """Each line is one command, once per (origin, line), in order. ``origin`` names the comment or
    request it came with, the same at every redelivery."""
    new, queue = False, ""
    for index, line in enumerate(list(dict.fromkeys(said))[:MOST_LINES]):
        checksum = hashlib.blake2b(json.dumps([origin, line]).encode(), digest_size=10)
        utterance = Utterance(
            id=checksum.hexdigest(),
            project=project.id,
            line=line,
            audience=Audience.TEAM if place.issue is None else project.github_readers,
            person=person,
            place=place,
            attached=tuple(attached),
            heard_at=ctx.now(),
            said_at=said_at,
            index=index,
        )
        new = await ctx.commands.hear(utterance) or new
        queue = utterance.queue
    if queue:
        # Asked for again even if all was heard: the process may have died in between.
        await enqueue(ctx, jobs.obey, project.id, queue)
    if new:
        try:
            await react(ctx, project, place, "eyes")
        except UpstreamError as error:
            log.info("no eyes", place=place.name, why=str(error))


_MARKS = "-*•\t "


async def as_answer(
    ctx: Context, project: int, person: Person, text: str, *places: str
) -> list[str]:
    """The sentence that hands ``text`` to the interview that the person holds at one of these
    places; none where they hold none that waits for a word."""
    held = await ctx.own_agents.held(project, person, *places)
    silence = ctx.settings.soulcaster_keep.interviews
    if held is None or held.state_at(ctx.now(), silence) != "active":
        return []
    # What is quoted is not their word.
    own = (line.strip(_MARKS) for line in text.splitlines() if not line.lstrip().startswith(">"))
    words = "; ".join(filter(None, own))
    return [f"/soulcaster agent answer --interview={held.number} -- {words}"] if words else []
