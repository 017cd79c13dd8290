"""What is stored, read without the product's own ways of reading it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from bot.context import Context
from bot.domain.models import Cluster
from bot.storage import keys


async def hours_of(ctx: Context, project: int, items: Iterable[int]) -> Counter[int]:
    """Occurrences of these items by the hour."""
    hours: Counter[int] = Counter()
    for item in items:
        found = await ctx.redis.hgetall(keys.occurrences(project, item))
        hours.update({int(hour): int(n) for hour, n in found.items() if hour.isdigit()})
    return hours


async def clusters_of(ctx: Context, project: int) -> list[Cluster]:
    """Every cluster that was not merged away, by number."""
    numbers = [int(n) for n in await ctx.redis.hkeys(keys.clusters(project))]
    records = await ctx.clusters.records(project, sorted(numbers))
    return [record for record in records.values() if record.redirect is None]
