"""Who waits is told, once, where it can be told. What was said on GitHub is told in the project's
own Slack channel: a comment more would stand in the way of the answer. Where neither takes it, the
command stands in ``status`` and ``doctor``."""

from __future__ import annotations

from collections.abc import Sequence

from bot.context import Context
from bot.domain.audience import Audience, combined
from bot.domain.cards.card import Bullets, Card, Code, Line, Link, Said, Section, note
from bot.domain.errors import Rejected, Unavailable, UpstreamError
from bot.domain.models import Place, Project
from bot.log import log
from bot.say import say, whisper
from bot.storage.commands import Utterance
from workers.clusters.channels import bound_channel

MOST_LINES = 10


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
    try:
        words = (*_line(ctx, project, said), " could not be answered there: ", Said(why))
        card = note(f"unanswered:{said.id}", *words, audience=said.audience, tone="failed")
        if channel:
            await say(ctx, project, Place(channel=channel), card)
    except UpstreamError as error:
        log.info("nobody can be told what was not answered", why=str(error))


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
    lines = [_line(ctx, project, said) for said in group[:MOST_LINES]]
    if len(group) > MOST_LINES:
        lines.append((f"and {len(group) - MOST_LINES} more",))
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
