"""A history clustered in silence in each of the three ways, for the project to choose one. Which
the file calls ``cluster: ask``, ``sure`` or ``eager``. Nothing is written anywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from bot.domain.cards.card import Line, Said
from bot.domain.cards.views.choice import LookBack, Outcome, Pair, Way
from bot.domain.clusters.engine import Eagerness
from bot.domain.clusters.engine.decision import Action
from bot.domain.clusters.summary import clipped
from bot.domain.ports import Embedder, Vector
from workers.clusters.backtest import PLAIN, BacktestResult, BacktestRow, Progress, run_backtest
from workers.clusters.history import Past

EXAMPLES = 10
_TITLE = 60
# What ``sure`` would have done, by its decision.
_DONE: Mapping[Action, str] = {
    "join": "Joined by sure",
    "suggest": "Asked about by sure",
    "new": "Left apart by sure",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What each way would have done with ``past``."""

    past: Past
    of: dict[Eagerness, BacktestResult]

    def outcome(self, named: Mapping[str, Line] | None = None) -> Outcome:
        """As it is shown: ``named`` are the reports that may be, by id; all where it is None."""
        if named is None:
            told = ((r.id, clipped(r.title, _TITLE)) for r in self.past.reports)
            named = {number: (f"#{number} ", Said(title)) for number, title in told}
        sure = self.of["sure"]
        ways = [self._way(name, result.rows) for name, result in self.of.items()]
        alone = [replace(row, cluster=c) for row, c in zip(sure.rows, sure.plain, strict=True)]
        plain = self._way(f"nearest text alone (cosine of {PLAIN} or more)", alone)
        joined = len(alone) - plain.clusters
        ways.append(replace(plain, joined=joined, asked=0, shown=plain.found))
        seen = [r for r in sure.rows if r.candidates and {r.id, r.candidates[0]} <= named.keys()]
        seen.sort(key=lambda row: -row.chance)
        examples = {}
        for action, what in _DONE.items():
            rows = [row for row in seen if row.action == action]
            chosen = rows[:EXAMPLES] if action == "new" else _spread(rows)
            some = f"{len(chosen)} examples of " if len(chosen) < len(rows) else ""
            examples[f"{what}: {some}{len(rows)}"] = [
                Pair(named[row.id], named[row.candidates[0]], row.chance) for row in chosen
            ]
        return Outcome(len(self.past.reports), len(self.past.pairs), ways, examples)

    def look_back(self) -> LookBack:
        """What ``sure`` would have done, in numbers."""
        rows = self.of["sure"].rows
        way, marked = self._way("sure", rows), {n for pair in self.past.pairs for n in pair}
        joined = [row for row in rows if row.action == "join" and int(row.id) not in marked]
        likely = sorted(joined, key=lambda row: -row.chance)[:EXAMPLES]
        return LookBack(
            reports=len(rows),
            problems=way.clusters,
            pairs=len(self.past.pairs),
            found=way.found,
            asked=way.shown - way.found,
            unmarked=len(joined),
            examples=tuple((int(r.id), int(r.candidates[0]), r.chance) for r in likely),
        )

    def _way(self, name: str, rows: Sequence[BacktestRow]) -> Way:
        by = {int(row.id): row for row in rows}
        either = sum(
            by[later].cluster == by[earlier].cluster
            or (by[later].action == "suggest" and str(earlier) in by[later].candidates[:3])
            for later, earlier in self.past.pairs
        )
        return Way(
            name,
            joined=sum(row.action == "join" for row in rows),
            asked=sum(row.action == "suggest" for row in rows),
            clusters=len({row.cluster for row in rows}),
            found=sum(by[a].cluster == by[b].cluster for a, b in self.past.pairs),
            shown=either,
        )


def _spread(rows: Sequence[BacktestRow]) -> list[BacktestRow]:
    """Ten of them from the likeliest to the least likely, evenly."""
    ordered = sorted(rows, key=lambda row: -row.chance)
    if len(ordered) <= EXAMPLES:
        return ordered
    return [ordered[i * (len(ordered) - 1) // (EXAMPLES - 1)] for i in range(EXAMPLES)]


async def compare(
    past: Past,
    embedder: Embedder,
    *,
    vectors: Vector | None = None,
    progress: Progress = lambda done, total: None,
    ways: Sequence[Eagerness] = get_args(Eagerness),
) -> Choice:
    """Cluster ``past`` in each of ``ways``; a report that has no vector is embedded once."""
    of: dict[Eagerness, BacktestResult] = {}
    for number, way in enumerate(ways):

        def told(done: int, total: int, before: int = number * len(past.reports)) -> None:
            progress(before + done, len(ways) * total)

        plain = way == "sure"
        of[way] = await run_backtest(
            past.reports, embedder, join=way, against_plain=plain, vectors=vectors, progress=told
        )
        vectors = of[way].vectors
    return Choice(past, of)
