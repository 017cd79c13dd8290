"""What an item is like, asked outside of clustering."""

from __future__ import annotations

from bot.context import Context
from bot.domain.clusters.evidence import Near
from bot.domain.models import Item
from workers.clusters import evidence
from workers.clusters.placing import near


async def of_item(ctx: Context, project: int, item: Item) -> list[Near]:
    """The best earlier and later items of other clusters, best first, one a cluster."""
    memory = await evidence.remember(ctx, project)
    reading = memory.engine.read(evidence.report_of(item))
    vectors = await ctx.embedder.embed([reading.text])
    decision = memory.engine.decide(reading, vectors[0], memory.links)
    return [near(candidate) for candidate in decision.suggested(20)]
