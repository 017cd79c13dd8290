"""``similar``: what else this may be. Never closes anything."""

from __future__ import annotations

from typing import Annotated

from bot.domain.card import Bullets, Card, Code, Line, Section
from bot.domain.views.cluster import item_link
from handlers.commands.call import Answer, Call
from handlers.commands.command import WORD, Command
from handlers.commands.references import ClusterRef, ItemRef
from workers import neighbours


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
    lines: list[Line] = []
    for near in found:
        if near.cluster is None or near.cluster == item.cluster or len(lines) >= command.limit:
            continue
        other = await ctx.items.get(project.id, near.item)
        shown: Line = (
            (Code(other.name), " (private)")
            if call.public and other.private
            else tuple(item_link(other))
        )
        lines.append(
            (
                Code(f"C-{near.cluster}"),
                f" {near.score:.0%} likely, similarity {near.similarity:.2f}: ",
                *shown,
            )
        )
    empty: tuple[Line, ...] = (("Nothing else comes near.",),)
    return Answer(
        Card(
            key=f"similar:{item.name}",
            title=("Similar to ", Code(item.name)),
            sections=(Section(blocks=(Bullets(lines=tuple(lines) or empty),)),),
            footer=("Suggestions only: nothing was joined or closed.",),
        )
    )
