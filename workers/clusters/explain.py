"""What decided about a report, gathered from what is stored, with both sides quoted."""

from collections.abc import Iterable

from bot.context import Context
from bot.domain.cards.views.why import Compared, Explanation
from bot.domain.clusters.corrections import Logged, undone_by
from bot.domain.clusters.engine import Links
from bot.domain.clusters.engine.reasons import reasons
from bot.domain.clusters.engine.report import frame_names
from bot.domain.clusters.evidence import Because, Near
from bot.domain.clusters.judgement import Judged, Judgement
from bot.domain.clusters.titles import shared_name
from bot.domain.models import Item
from bot.storage.answers import JUDGE
from workers.clusters import evidence

OTHERS = 2
LATEST = 5


async def explain(ctx: Context, project: int, items: Iterable[Item]) -> list[Explanation]:
    """Why each item is where it is; without those that have no cluster yet."""
    log = await ctx.operations.log(project)
    links = await ctx.operations.links(project)
    told = [await _explain(ctx, project, item, log, links) for item in items]
    return [each for each in told if each is not None]


async def _explain(
    ctx: Context, project: int, item: Item, log: list[Logged], links: Links
) -> Explanation | None:
    stored = await ctx.clusters.evidence(project, item.number)
    if not stored:
        return None
    because = Because.read(stored)
    asked = await judged(ctx, project, item.number)
    near = {near.item: near for near in because.candidates}
    if because.rejected is not None:
        near.setdefault(because.rejected.item, because.rejected)
    if because.joined is not None and because.joined not in near:
        # A must-link was obeyed although nothing else spoke for it.
        near[because.joined] = Near(
            item=because.joined, cluster=item.cluster, score=0.0, similarity=0.0
        )
    compared = {each.near.item: each for each in await compare(ctx, project, item, near.values())}
    joined = compared.get(because.joined or 0)
    rejected = compared.get(because.rejected.item) if because.rejected else None
    others = [each for each in compared.values() if each is not joined and each is not rejected]
    others.sort(key=lambda each: each.judgement is None)
    spoken = sum(each.judgement is not None for each in others)
    return Explanation(
        item=item,
        because=because,
        joined=joined,
        others=others[: max(OTHERS, spoken)],
        rejected=rejected,
        judged=asked,
        corrections=corrections_of(log, item.number)[-LATEST:],
        together=sorted(links.together(item.number) - {item.number}),
        apart=sorted(links.apart(item.number)),
        contradictions=contradictions(links, item.number),
    )


async def judged(ctx: Context, project: int, item: int) -> Judged | None:
    """What came of asking the language model about an item; None when it was not asked."""
    stored = await ctx.answers.get(project, JUDGE, item)
    return Judged.read(stored) if stored else None


async def compare(ctx: Context, project: int, item: Item, near: Iterable[Near]) -> list[Compared]:
    """Each with its report as it is now; those that were deleted are left out."""
    by_number = {each.item: each for each in near}
    others = await ctx.items.many(project, by_number)
    asked = await judged(ctx, project, item.number)
    said = {pair.other: pair for pair in asked.pairs} if asked else {}
    return [
        beside(item, other, by_number[other.number], said.get(other.number))
        for other in others
        if not other.gone
    ]


def beside(
    item: Item, other: Item, near: Near, said: Judgement | None = None, *, without: str = ""
) -> Compared:
    """The two reports side by side; ``without`` names what all are about anyway."""
    ends = [frame_names(one.frames[-1:]) for one in (item, other)]
    found = reasons(evidence.report_of(item), evidence.report_of(other))
    shared = shared_name([(one.title, one.body) for one in (item, other)], without=without)
    return Compared(near, other, found, said, bool(ends[0]) and ends[0] == ends[1], shared)


def corrections_of(log: Iterable[Logged], item: int) -> list[Logged]:
    """What people did that moved or linked the item and was not undone, oldest first."""
    entries = list(log)
    undone = undone_by(entries)
    return [
        entry
        for entry in entries
        if entry.operation.undoes is None
        and entry.operation.number not in undone
        and item in _involved(entry)
    ]


def contradictions(links: Links, item: int) -> list[tuple[int, ...]]:
    """For each pair that is said to be both: the way by which it is the same."""
    group = links.together(item)
    return [links.path(a, b) for a, b in links.contradictions() if a in group]


def _involved(entry: Logged) -> set[int]:
    operation = entry.operation
    links = operation.must_added | operation.cannot_added
    return {c.number for c in operation.items} | {i for link in links for i in link}
