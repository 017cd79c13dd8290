"""Stories of small projects, opposites and languages, told to the engine report by report.

``stories/README.md`` says what they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.domain.clusters.engine import Eagerness, Engine, calibration_for
from bot.domain.ports import Embedder
from workers.clusters.backtest import History, _report, read_history

STORIES = Path(__file__).parent / "stories"


@dataclass(frozen=True)
class Told:
    """A report after it was decided about: what it is, where it went, what was first."""

    gold: str
    cluster: int
    chance: float
    right: bool
    rank: int


async def tell(
    reports: Sequence[History], embedder: Embedder, join: Eagerness, known: Engine | None = None
) -> list[Told]:
    """Decide about every report in turn; ``known`` has met the first of them."""
    # One that has met nothing yet is false.
    engine = Engine(calibration_for(embedder.id), embedder.dimensions) if known is None else known
    engine.join = join
    told: list[Told] = []
    for number, row in enumerate(reports[len(engine) :], start=len(engine)):
        reading = engine.read(_report(number, row))
        (vector,) = await embedder.embed([reading.text])
        decision = engine.decide(reading, vector)
        cluster = decision.cluster if decision.action == "join" else None
        engine.add(reading, vector, cluster or number + 1, decision.best)
        same = [reports[near.item].gold == row.gold for near in decision.candidates]
        first = decision.candidates[0].score if same else 0.0
        rank = same.index(True) + 1 if True in same else 0
        told.append(Told(row.gold or "", cluster or number + 1, first, same[:1] == [True], rank))
    return told


def summary(told: Sequence[Sequence[Told]]) -> str:
    """One line for several stories."""
    problems = clusters = mixed = later = first = five = 0
    for story in told:
        of: dict[int, set[str]] = {}
        seen: set[str] = set()
        for each in story:
            of.setdefault(each.cluster, set()).add(each.gold)
            later += each.gold in seen
            first += each.gold in seen and each.rank == 1
            five += each.gold in seen and 1 <= each.rank <= 5
            seen.add(each.gold)
        problems, clusters = problems + len(seen), clusters + len(of)
        mixed += sum(len(golds) > 1 for golds in of.values())
    return (
        f"{clusters / problems:.2f} clusters a problem, {mixed} of {clusters} hold several,"
        f" own problem first {first / later:.2f}, among five {five / later:.2f}"
    )


async def pairs(embedder: Embedder, lines: Iterable[dict[str, Any]], source: str) -> list[Told]:
    """The second of each pair, told in a small project right after the first."""
    background = read_history(STORIES / "seen" / "bank.jsonl")[:30]
    known = Engine(calibration_for(embedder.id), embedder.dimensions)
    await tell(background, embedder, "eager", known)
    found = []
    for line in lines:
        pair = [
            History(
                id=name,
                source=by,
                gold="pair",
                created_at=background[-1].created_at + timedelta(hours=hours),
                **line[name],
            )
            for hours, (name, by) in enumerate([("a", "github"), ("b", source)], start=1)
        ]
        decided = await tell([*background, *pair], embedder, "eager", deepcopy(known))
        found.append(decided[-1])
    return found


def read_lines(name: str) -> list[dict[str, Any]]:
    """The pairs of a file."""
    text = (STORIES / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]
