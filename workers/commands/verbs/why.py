"""``why``: the evidence behind a decision."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.views.why import why_card
from bot.domain.commands.command import WORD, Command
from bot.domain.commands.references import ClusterRef, ItemRef
from bot.domain.errors import NotFound
from workers.clusters import explain
from workers.commands.call import Answer, Call

SHOWN = 8


class Why(Command):
    """Why a report is in its cluster: what both say, the nearest it is not in, corrections."""

    verb = "why"
    examples = ("why", "why I-345", "why C-12")

    about: Annotated[ItemRef | ClusterRef | None, WORD] = None


async def run(call: Call, command: Why) -> Answer:
    """The evidence of one item, or of each item of a cluster."""
    ctx, project = call.ctx, call.project
    if isinstance(command.about, ItemRef):
        items = [await ctx.items.get(project.id, command.about.number)]
        name = items[0].name
    else:
        cluster = await call.cluster(command.about)
        members = await ctx.clusters.members(project.id, cluster.number)
        items = await ctx.items.many(project.id, members)
        name = cluster.name
    told = [await explain.explain(ctx, project.id, item) for item in items[:SHOWN]]
    known = [each for each in told if each is not None]
    if not known:
        raise NotFound(f"{name} has no reports with a cluster yet; try again in a minute.")
    more = max(0, len(items) - SHOWN)
    return Answer(why_card(name, known, readers=call.readers, more=more))
