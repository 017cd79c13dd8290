"""What a history held, as it may be shown: read only."""

from collections.abc import Mapping

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Code, Line, Link, Said
from bot.domain.cards.views.choice import LookBack, Pair
from bot.domain.clusters.summary import clipped
from bot.domain.models import Item

_TITLE = 80


async def looked_back(
    ctx: Context, project: int, readers: Audience
) -> tuple[LookBack, list[Pair]] | None:
    """What was worked out last, with those of its examples that ``readers`` may read and that are
    still there; None before."""
    if not (kept := (await ctx.projects.choice(project)).get("looked")):
        return None
    looked = LookBack.model_validate_json(kept)
    numbers = {number for a, b, _ in looked.examples for number in (a, b)}
    named = named_for([i for i in await ctx.items.many(project, numbers) if not i.gone], readers)
    of = ((named.get(str(a)), named.get(str(b)), chance) for a, b, chance in looked.examples)
    return looked, [Pair(a, b, chance) for a, b, chance in of if a and b]


def named_for(items: list[Item], readers: Audience) -> Mapping[str, Line]:
    """Those that ``readers`` may read, by their number in words."""
    named: dict[str, Line] = {}
    for item in items:
        if may_read(readers, item.audience):
            title, on_web = clipped(item.title, _TITLE), item.url.startswith("http")
            words = Link(title or item.name, item.url) if on_web else Said(title)
            named[str(item.number)] = (Code(item.name), " ", words)
    return named
