"""Which clusters may be one problem: several of them are one question."""

from collections.abc import Collection, Mapping, Sequence

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Section
from bot.domain.cards.views.question import Question, question_section
from bot.domain.cards.views.why import is_hidden
from bot.domain.clusters.alike import Edge, Group, groups
from bot.domain.clusters.engine.calibration import calibration_for
from bot.domain.clusters.engine.links import pair
from bot.domain.clusters.evidence import Near
from bot.domain.clusters.judgement import Judged
from bot.domain.clusters.titles import shared_name
from bot.domain.models import Item, Project
from bot.storage.answers import JUDGE
from workers.clusters import evidence, explain
from workers.clusters.views import rows

LOOKED_AT = 500  # pairs of reports
ASKED = 8  # a page


async def alike(
    ctx: Context, project: Project, readers: Audience, about: Collection[int] = (), page: int = 0
) -> tuple[list[Question], int]:
    """The groups of open clusters that may be one problem, the most likely first, or a page of
    them, and how many there are; with ``about`` those that have one of these clusters. Made of what
    ``readers`` may read alone, and of the likeliest pairs without an answer."""
    pairs = await ctx.clusters.alike(project.id)
    if not pairs:
        return [], 0
    apart = (await ctx.operations.links(project.id)).cannot
    known = {item for two in (*apart, *(two for two, _ in pairs)) for item in two}
    of = await ctx.overview.open_clusters(project.id, known)
    ends = {two: frozenset(of[i] for i in two if i in of) for two in (*apart, *dict(pairs))}
    parted = {ends[two] for two in apart}
    left = [one for one in pairs if len(ends[one[0]]) == 2 and ends[one[0]] not in parted]
    if about and len(left) > LOOKED_AT:
        near = {c for two, _ in left if not ends[two].isdisjoint(about) for c in ends[two]}
        left = [one for one in left if ends[one[0]] <= near]
    left = left[:LOOKED_AT]
    if not left:
        return [], 0
    numbers = sorted({item for two, _ in left for item in two})
    items = {item.number: item for item in await ctx.items.many(project.id, numbers)}
    no = {
        pair(number, each.other)
        for number, kept in (await ctx.answers.many(project.id, JUDGE, numbers)).items()
        for each in Judged.read(kept).of("different")
    }
    known_as = await ctx.embeddings.agreed(project.id) or ctx.embedder.id
    calibration = calibration_for(known_as)
    edges = [
        Edge(
            *(a, b, chance),
            calibration.joining(kind, mixed=items[a].source != items[b].source).suggest,
        )
        for (a, b), chance in left
        if {a, b} <= items.keys() and pair(a, b) not in no
        if not (items[a].gone or items[b].gone or is_hidden(items[a], items[b], readers))
        if (kind := evidence.report_of(items[a]).kind)
    ]
    found = groups(edges, of, apart)
    found = [g for g in found if not about or not {*g.clusters}.isdisjoint(about)]
    chosen = found[(page - 1) * ASKED : page * ASKED] if page else found
    return [_question(project, group, items) for group in chosen], len(found)


def _question(project: Project, group: Group, items: Mapping[int, Item]) -> Question:
    told, without = [], project.full_name
    for a, b, score, _ in group.edges:
        near = Near(item=b, cluster=items[b].cluster, score=score, similarity=0)
        told.append((items[a], explain.beside(items[a], items[b], near, without=without)))
    texts = {n: (items[n].title, items[n].body) for edge in group.edges for n in edge[:2]}
    return Question(shared_name([*texts.values()], without=without), group.clusters, told)


async def sections(
    ctx: Context, project: Project, asked: Sequence[Question], *, readers: Audience
) -> tuple[Section, ...]:
    """The questions as they stand in an answer."""
    numbers = sorted({cluster for each in asked for cluster in each.clusters})
    views = {v.cluster.number: v for v in await rows(ctx, project, numbers, readers=readers)}
    return tuple(question_section(each.seen(views)) for each in asked)
