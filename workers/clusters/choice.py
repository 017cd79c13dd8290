"""A history clustered in silence in each of the three ways, for the project to choose one.

Which the file calls ``cluster: ask``, ``sure`` or ``eager``. Nothing is written anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from bot.domain.clusters.engine import Eagerness
from bot.domain.clusters.summary import clipped
from bot.domain.ports import Embedder, Vector
from bot.repo_config import PATH
from workers.clusters.backtest import BacktestResult, BacktestRow, History, Progress, run_backtest
from workers.clusters.history import Past, agreement

EXAMPLES = 10
_TITLE = 60


class _Once:
    """An embedder that embeds each text once, for several runs over one history."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, Vector] = {}
        self.id, self.dimensions = embedder.id, embedder.dimensions

    async def embed(self, texts: Sequence[str]) -> Vector:
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if new:
            self._known |= dict(zip(new, await self._embedder.embed(new), strict=True))
        return np.stack([self._known[text] for text in texts])

    async def close(self) -> None:
        """It is its owner who closes the embedder."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What each way would have done with ``past``."""

    past: Past
    of: dict[Eagerness, BacktestResult]

    @property
    def lines(self) -> list[str]:
        """The three beside each other, examples of ``sure``, and how to choose, as people read."""
        pairs = len(self.past.pairs)
        told = [
            "What each way would have done with this history:",
            "",
            f"{'cluster:':<10}{'joined unasked':>16}{'asked about':>14}{'clusters':>11}"
            + f"{'duplicates joined':>20}{'joined or asked':>18}" * bool(pairs),
        ]
        told += [self._row(name, result.rows) for name, result in self.of.items()]
        if pairs:
            told += ["", f"Duplicates are the {pairs:,} pairs that the project itself calls so."]
        rows = self.of["sure"].rows
        joined = [row for row in rows if row.action == "join"]
        asked = [row for row in rows if row.action == "suggest"]
        apart = [row for row in rows if row.action == "new" and row.candidates]
        near = sorted(apart, key=lambda row: -row.chance)
        told += self._examples("`sure` would have joined", joined, _spread(joined))
        told += self._examples("It would have asked about", asked, _spread(asked))
        told += self._examples(
            "It would have left apart, the likeliest first:", (), near[:EXAMPLES]
        )
        choose = f"Choose with a line in {PATH}: `cluster: ask`, `cluster: sure` (which holds where"
        return [*told, "", f"{choose} there is none) or `cluster: eager`."]

    def _row(self, name: str, rows: Sequence[BacktestRow]) -> str:
        joined = sum(row.action == "join" for row in rows)
        asked = sum(row.action == "suggest" for row in rows)
        line = f"{name:<10}{joined:>16,}{asked:>14,}{len({row.cluster for row in rows}):>11,}"
        if not self.past.pairs:
            return line
        agreed, by = agreement(self.past, rows), {int(row.id): row for row in rows}
        either = sum(
            by[later].cluster == by[earlier].cluster
            or (by[later].action == "suggest" and str(earlier) in by[later].candidates[:3])
            for later, earlier in self.past.pairs
        )
        return f"{line}{agreed.joined:>20,}{either:>18,}"

    def _examples(
        self, what: str, all_: Sequence[BacktestRow], shown: Sequence[BacktestRow]
    ) -> list[str]:
        title = {each.id: clipped(each.title, _TITLE) for each in self.past.reports}
        if not shown:
            return ["", f"{what.rstrip(':').split(',')[0]}: nothing."]
        count = f" {len(all_):,}" if all_ else ""
        of = f"; {len(shown)} of them:" if len(all_) > len(shown) else ":" * bool(all_)
        return [
            "",
            f"{what}{count}{of}",
            *(
                f"  {100 * row.chance:>3.0f} in 100  #{row.id} {title[row.id]}"
                f"  like #{row.candidates[0]} {title[row.candidates[0]]}"
                for row in shown
            ),
        ]


def _spread(rows: Sequence[BacktestRow]) -> list[BacktestRow]:
    """Ten of them from the likeliest to the least likely, evenly."""
    ordered = sorted(rows, key=lambda row: -row.chance)
    if len(ordered) <= EXAMPLES:
        return ordered
    return [ordered[i * (len(ordered) - 1) // (EXAMPLES - 1)] for i in range(EXAMPLES)]


async def compare(
    past: Past, embedder: Embedder, *, progress: Progress = lambda done, total: None
) -> Choice:
    """Cluster ``past`` in each way; every report is embedded once."""
    once = _Once(embedder)
    ways: tuple[Eagerness, ...] = get_args(Eagerness)
    of: dict[Eagerness, BacktestResult] = {}
    reports: Sequence[History] = past.reports
    for number, way in enumerate(ways):

        def told(done: int, total: int, before: int = number * len(reports)) -> None:
            progress(before + done, len(ways) * total)

        of[way] = await run_backtest(reports, once, join=way, progress=told)
    return Choice(past, of)
