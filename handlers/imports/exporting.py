"""``soulcaster export``: reports and clusters as JSONL, which ``import`` takes again."""

import json
from collections.abc import AsyncIterator, Callable

from bot.context import Context
from bot.domain.models import Item, Project
from bot.settings import Settings
from handlers.begin import begin
from handlers.shell import project_of

STEP = 200
_REPORT = "title body author url level environment release"
_CLUSTER = "number title state severity owner created_at"


async def export(settings: Settings, project: str, write: Callable[[str], object]) -> None:
    """Write the lines."""
    async with begin(settings) as ctx:
        async for line in lines(ctx, await project_of(ctx, project)):
            write(f"{line}\n")


async def lines(ctx: Context, project: Project) -> AsyncIterator[str]:
    """Reports that still have their words, oldest first, and then the clusters they are in."""
    for first in range(1, await ctx.items.last(project.id) + 1, STEP):
        for item in await ctx.items.many(project.id, range(first, first + STEP)):
            if not item.gone:
                yield json.dumps(_report(item), ensure_ascii=False)
    for first in range(1, await ctx.items.last(project.id, "cluster") + 1, STEP):
        found = await ctx.clusters.records(project.id, list(range(first, first + STEP)))
        for cluster in found.values():
            if cluster.redirect is None:
                told = cluster.model_dump(mode="json", include={*_CLUSTER.split()})
                yield json.dumps({"record": "cluster", **told}, ensure_ascii=False)


def _report(item: Item) -> dict[str, object]:
    """What was imported keeps the id and the source that it came with."""
    told = item.model_dump(mode="json", include={*_REPORT.split()})
    name = item.tags.get("id") or f"{item.source}:{item.key}"
    tags = {"from": item.source, **item.tags}
    tags.pop("id", None)
    when = {"created_at": item.occurred_at.isoformat(), "cluster": item.cluster}
    return {"record": "report", "id": name, **when, **told, "tags": tags}
