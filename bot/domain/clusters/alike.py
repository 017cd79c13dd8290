"""Which open clusters are likely one problem, so that people are asked about all of it once. A
group holds together by how near its members are on average, not by a chain of single links."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bot.domain.clusters.engine.links import Pair, pair

MOST = 6  # clusters of a group: who confirms it has to look at each
# Of what is suggested for one pair. On the five open stories, each in four orders, 72 of 100
# questions were right as a whole (55 of 100 from 1 on).
_LIKELY = 2.0
_SURE = 0.5


class Edge(NamedTuple):
    """Two reports and the chance in 0..1 that they are one problem, suggested from ``least`` on."""

    item: int
    other: int
    score: float
    least: float


@dataclass(frozen=True, slots=True)
class Group:
    """Clusters that are likely one problem, the oldest first: the others go into it. ``edges`` are
    what speaks for it: the strongest of each of the clusters to the rest."""

    clusters: tuple[int, ...]
    edges: tuple[Edge, ...]


def groups(
    edges: Iterable[Edge], cluster_of: Mapping[int, int], apart: Collection[Pair]
) -> list[Group]:
    """The most likely first; the clusters of items that are kept ``apart`` are so, too."""
    best: dict[Pair, Edge] = {}
    size, said = Counter(cluster_of.values()), defaultdict[tuple[Pair, int], dict[int, float]](dict)
    for edge in edges:
        two = cluster_of[edge.item], cluster_of[edge.other]
        if two[0] != two[1]:
            best[pair(*two)] = max(best.get(pair(*two), edge), edge, key=lambda one: one.score)
            for item, cluster in zip((edge.item, edge.other), two, strict=True):
                its = said[pair(*two), cluster]
                its[item] = max(its.get(item, 0.0), edge.score)
    for two in [two for two in best if min(size[cluster] for cluster in two) > 1]:
        # Two that have grown apart would have met, were they not nearly sure to be one.
        if min(sum(said[two, cluster].values()) / size[cluster] for cluster in two) < _SURE:
            del best[two]
    kept = {
        pair(cluster_of[a], cluster_of[b])
        for a, b in apart
        if cluster_of.get(a, 0) != cluster_of.get(b, 0) and {a, b} <= cluster_of.keys()
    }
    found: dict[int, tuple[int, ...]] = {c: (c,) for two in best for c in two}
    near = {two: each.score / each.least for two, each in best.items()}
    while likely := [
        (total / ways, (-a, -b))
        for (a, b), total in near.items()
        if total >= _LIKELY * (ways := len(found[a]) * len(found[b]))
        if (a, b) not in kept and len(found[a]) + len(found[b]) <= MOST
    ]:
        a, b = (-each for each in max(likely)[1])
        found[a] += found.pop(b)
        del near[a, b]
        for two in [two for two in near if b in two]:
            other = pair(a, sum(two) - b)
            near[other] = near.get(other, 0.0) + near.pop(two)
        kept |= {pair(a, sum(two) - b) for two in kept if b in two}
    made = [_group(frozenset(each), best) for each in found.values() if len(each) > 1]
    return sorted(made, key=lambda g: (-min(edge.score for edge in g.edges), g.clusters))


def _group(clusters: frozenset[int], best: Mapping[Pair, Edge]) -> Group:
    inside = sorted(two for two in best if clusters.issuperset(two))
    strongest = (
        max((best[two] for two in inside if each in two), key=lambda edge: edge.score)
        for each in sorted(clusters)
    )
    return Group(tuple(sorted(clusters)), tuple(dict.fromkeys(strongest)))
