"""How good a clustering is, against clusters that people made. Reports come in time order and are
judged as they arrive: what counts is whether a report joined a cluster in which at least half of
the members before it are true duplicates."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

RANKS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Measures:
    """All in 0..1 except the counts. ``recall``: of the reports with an earlier duplicate, the
    share that joined rightly. ``precision``: of those that joined anything, the share that joined
    rightly. ``b_cubed``: F1 of the B-cubed measure (Bagga and Baldwin, 1998) over the whole
    clustering. ``found``: share of the reports with an earlier duplicate that have one among the
    first k."""

    recall: float
    precision: float
    f1: float
    b_cubed: float
    found: Mapping[int, float]
    with_duplicate: int
    joined: int


def measure(
    gold: Sequence[str],
    clusters: Sequence[int],
    candidates: Sequence[Sequence[int]],
    related: Mapping[int, Collection[int]] | None = None,
) -> Measures:
    """Judge ``clusters[i]`` and ``candidates[i]`` (earlier positions, best first) of report ``i``.
    ``related[i]`` are positions that people linked to ``i`` without calling them duplicates:
    joining those is neither right nor wrong."""
    related = related or {}
    before: dict[int, list[int]] = defaultdict(list)
    earlier: set[str] = set()
    with_duplicate = joined = right = 0
    found: Counter[int] = Counter()
    for i, (mine, cluster) in enumerate(zip(gold, clusters, strict=True)):
        members = before[cluster]
        same = sum(gold[j] == mine for j in members)
        linked = sum(j in related.get(i, ()) and gold[j] != mine for j in members)
        good = bool(members) and 2 * same >= len(members)
        if mine in earlier:
            with_duplicate += 1
            for k in RANKS:
                found[k] += any(gold[j] == mine for j in candidates[i][:k])
        right += good
        joined += bool(members) and (good or 2 * (same + linked) < len(members))
        members.append(i)
        earlier.add(mine)
    recall = right / with_duplicate if with_duplicate else 0.0
    precision = right / joined if joined else 0.0
    return Measures(
        recall=recall,
        precision=precision,
        f1=harmonic(precision, recall),
        b_cubed=_b_cubed(gold, clusters),
        found={k: found[k] / with_duplicate if with_duplicate else 0.0 for k in RANKS},
        with_duplicate=with_duplicate,
        joined=joined,
    )


def harmonic(a: float, b: float) -> float:
    """The harmonic mean; 0 when both are."""
    return 2 * a * b / (a + b) if a + b else 0.0


def _b_cubed(gold: Sequence[str], clusters: Sequence[int]) -> float:
    cells = Counter(zip(gold, clusters, strict=True))
    golds, found = Counter(gold), Counter(clusters)
    total = len(gold) or 1
    precision = sum(n * n / found[cluster] for (_, cluster), n in cells.items()) / total
    recall = sum(n * n / golds[true] for (true, _), n in cells.items()) / total
    return harmonic(precision, recall)
