"""``similar``: what else this may be. Never closes anything."""

from __future__ import annotations

from typing import Annotated

from bot.domain.cards.card import Card, Code, Paragraph, Section
from bot.domain.cards.views.suggestion import suggestion_sections
from bot.domain.cards.views.why import Compared
from bot.domain.commands.command import WORD, Command
from bot.domain.commands.references import ClusterRef, ItemRef
from workers.clusters import explain, neighbours
from workers.commands.call import Answer, Call


class Similar(Command):
    """Reports that may be the same problem, best first, with reasons."""

    verb = "similar"
    examples = ("similar", "similar I-345 --limit=10")

    about: Annotated[ItemRef | ClusterRef | None, WORD] = None
    limit: int = 5


async def run(call: Call, command: Similar) -> Answer:
    """Rank the other clusters by their nearest report."""
    ctx, project = call.ctx, call.project
    if isinstance(command.about, ItemRef):
        item = await ctx.items.get(project.id, command.about.number)
    else:
        cluster = await call.cluster(command.about)
        members = await ctx.clusters.members(project.id, cluster.number)
        item = await ctx.items.get(project.id, members[-1])
    found = await neighbours.of_item(ctx, project.id, item)
    compared = await explain.compare(ctx, project.id, item, found)
    nearest: dict[int, Compared] = {}
    for each in compared:
        if each.item.cluster is not None and each.item.cluster != item.cluster:
            nearest.setdefault(each.item.cluster, each)
    shown = list(nearest.values())[: max(1, command.limit)]
    nothing = Section(Paragraph("Nothing else comes near."))
    return Answer(
        Card(
            key=f"similar:{item.name}",
            audience=call.readers,
            title=("Similar to ", Code(item.name)),
            sections=suggestion_sections(item, shown, readers=call.readers) or (nothing,),
            footer=("Suggestions only: nothing was joined or closed.",),
        )
    )
