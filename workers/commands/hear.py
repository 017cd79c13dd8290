"""Write down what was said, once, and have it obeyed; and tell who waits, once, where it can be
told. What was said on GitHub is told in the project's own Slack channel: a comment more would stand
in the way of the answer. Where neither takes it, the command stands in ``status`` and
``doctor``."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from bot.context import Context
from bot.domain.audience import Audience, combined
from bot.domain.cards.card import Bullets, Card, Code, Line, Link, Said, Section, note
from bot.domain.errors import Rejected, Unavailable, UpstreamError
from bot.domain.models import Person, Place, Project
from bot.github import issues
from bot.github.issues import Reaction
from bot.jobs import enqueue
from bot.log import log, logged
from bot.say import say, whisper
from bot.storage.commands import Utterance
from workers import jobs
from workers.clusters.channels import bound_channel

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
        with logged("no eyes", UpstreamError, quietly=True, place=place.name):
            await react(ctx, project, place, "eyes")


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


MOST_TOLD = 10


async def tell(ctx: Context, project: Project, waiting: Sequence[Utterance], why: str) -> set[str]:
    """Tell who said these that they wait, and why; the ids of those that are settled."""
    on_github = [said for said in waiting if said.place.issue is not None]
    told: set[str] = set()
    for group in [on_github, *([said] for said in waiting if said.place.channel)]:
        try:
            if group and await _tell(ctx, project, group, why):
                told |= {said.id for said in group}
        except Unavailable as error:
            log.info("could not tell who waits", why=str(error))
        except Rejected as error:
            log.info("nobody can be told who waits", why=str(error))
            told |= {said.id for said in group}
    return told


async def tell_unanswered(ctx: Context, project: Project, said: Utterance, why: str) -> None:
    """What could not be answered on GitHub (a locked issue) is told where somebody looks."""
    channel = await bound_channel(ctx, project) if ctx.slack and said.place.issue else ""
    with logged("nobody can be told what was not answered", UpstreamError, quietly=True):
        words = (*_line(ctx, project, said), " could not be answered there: ", Said(why))
        card = note(f"unanswered:{said.id}", *words, audience=said.audience, tone="failed")
        if channel:
            await say(ctx, project, Place(channel=channel), card)


async def _tell(ctx: Context, project: Project, group: Sequence[Utterance], why: str) -> bool:
    """Whether it was told: several of GitHub in the project's channel, or one of Slack's there."""
    first = group[0]
    kept: Line = ("Kept, and done as soon as it can be: ", Said(why))
    if first.place.channel:
        words = (*kept, " What waits: ", Code(first.line))
        card = note(f"waiting:{first.id}", *words, audience=Audience.PUBLIC, tone="pending")
        await whisper(ctx, project, first.place, first.person, card, readers=Audience.PUBLIC)
        return True
    channel = await bound_channel(ctx, project) if ctx.slack else ""
    if not channel:
        return False
    lines = [_line(ctx, project, said) for said in group[:MOST_TOLD]]
    if len(group) > MOST_TOLD:
        lines.append((f"and {len(group) - MOST_TOLD} more",))
    card = Card(
        key=f"waiting:{first.id}",
        audience=combined(*(said.audience for said in group)),
        title=kept,
        tone="pending",
        sections=(Section(Bullets(*lines)),),
    )
    return bool(await say(ctx, project, Place(channel=channel), card))


def _line(ctx: Context, project: Project, said: Utterance) -> Line:
    number = said.place.issue
    there = Link(f"#{number}", ctx.github.page(project, f"issues/{number}"))
    return (Code(said.line), " by ", Code(said.person.name), " on ", there)
