"""Which open clusters are likely one problem, so that people are asked about all of it once.

A group holds together by what is near for most of its members, not by a chain of single links.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bot.domain.clusters.engine.links import Pair, pair

MOST = 6  # clusters of a group: who confirms it has to look at each
_WEAK = 1 / 3  # of what is suggested, is near enough to add to what is stronger
_SURE = 0.5
_MOST_OF = 0.5  # of the pairs that two parts of a group make


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
    near = {two: each for two, each in best.items() if each.score >= each.least * _WEAK}
    found: dict[int, frozenset[int]] = {c: frozenset({c}) for two in near for c in two}
    order = sorted(near, key=lambda two: (-near[two].score / near[two].least, two))
    # What is weak alone is tried last, against all of the group that stands by then.
    for a, b in order:
        joined = found[a] | found[b]
        if found[a] is found[b] or len(joined) > MOST:
            continue
        across = [pair(x, y) for x in found[a] for y in found[b]]
        between = [near[two] for two in across if two in near]
        coherent = len(between) >= _MOST_OF * len(across)
        likely = 1 - math.prod(1 - each.score for each in between)
        if coherent and kept.isdisjoint(across) and likely >= near[a, b].least:
            found |= dict.fromkeys(joined, joined)
    made = [_group(each, near) for each in {*found.values()} if len(each) > 1]
    return sorted(made, key=lambda g: (-min(edge.score for edge in g.edges), g.clusters))


def _group(clusters: frozenset[int], near: Mapping[Pair, Edge]) -> Group:
    inside = sorted(two for two in near if clusters.issuperset(two))
    strongest = (
        max((near[two] for two in inside if each in two), key=lambda edge: edge.score)
        for each in sorted(clusters)
    )
    return Group(tuple(sorted(clusters)), tuple(dict.fromkeys(strongest)))
