"""Versions of plans and profiles as somebody may read them now."""

from __future__ import annotations

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.errors import NotFound
from bot.domain.writings import Writing
from bot.domain.writings import readable as to_be_read


async def writings(ctx: Context, project: int, of: str, readers: Audience) -> list[Writing]:
    """Those that ``readers`` may read, the oldest first; without those that rest on a report that
    is gone, or is not theirs any more: their words may be that report's."""
    found = to_be_read(await ctx.writings.all(project, of), readers)
    cited = {number for one in found for number in one.items}
    items = await ctx.items.many(project, sorted(cited))
    there = {i.number for i in items if not i.gone and may_read(readers, i.audience)}
    return [one for one in found if {*one.items} <= there]


async def version(ctx: Context, project: int, of: str, number: int, readers: Audience) -> Writing:
    """Version ``number``. Raises NotFound."""
    found = await writings(ctx, project, of, readers)
    for one in found:
        if one.number == number:
            return one
    names = ", ".join(each.name for each in found) or "none"
    raise NotFound(f"There is no v{number} for {readers} readers; there are: {names}.")
