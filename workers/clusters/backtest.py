"""Cluster a whole history offline, in time order, as if it had arrived live.

    {"id", "source", "title", "body", "created_at"}      a line in  (``gold``, ``related`` optional)
    {"id", "cluster", "candidates"}                      a line out

Run twice, it gives the same. Nothing is read from or written to the project's own store."""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from bot.domain.clusters.engine import Eagerness, Engine, Reading, Report, calibration_for, fitted
from bot.domain.clusters.engine.decision import Action
from bot.domain.clusters.engine.fitting import ENOUGH, measured
from bot.domain.clusters.engine.measures import Measures, measure
from bot.domain.errors import BadPayload
from bot.domain.ports import Embedder, Vector

BATCH = 64
PLAIN = 0.72

Progress = Callable[[int, int], None]


class History(BaseModel):
    """One line of the input. Other fields are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    id: str
    source: str = "github"
    title: str = ""
    body: str | None = ""
    created_at: AwareDatetime
    gold: str | None = None
    related: tuple[str, ...] = ()


class Stored(History):
    """A report that came in: read as a worker reads it."""

    read: Report


@dataclass(frozen=True, slots=True)
class BacktestRow:
    """One line of the output; what was decided, and how likely the first candidate is, are not
    written."""

    id: str
    cluster: int
    candidates: tuple[str, ...]
    action: Action = "new"
    chance: float = 0.0


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """What a backtest found. ``embedding`` and ``clustering`` are seconds, ``peak_mb`` is the
    most memory the process ever held, ``measures`` is None without ``gold``; ``vectors`` are the
    reports', one each. ``plain`` are the clusters of the plain method, where it was asked for."""

    rows: tuple[BacktestRow, ...]
    embedding: float
    clustering: float
    peak_mb: float
    measures: Measures | None
    vectors: Vector
    plain: tuple[int, ...] = ()
    plain_measures: Measures | None = None

    @property
    def lines(self) -> list[str]:
        """The outcome as people read it."""
        items, seconds = len(self.rows), self.embedding + self.clustering
        clusters = len({row.cluster for row in self.rows})
        told = [
            f"{items:,} items in {clusters:,} clusters",
            f"{items / max(seconds, 1e-9):,.0f} items/s"
            f" (embedding {self.embedding:.1f} s, clustering {self.clustering:.1f} s)",
            f"peak memory {self.peak_mb:,.0f} MB",
        ]
        if (m := self.measures) is not None:
            found = " / ".join(f"{share:.2f}" for share in m.found.values())
            told += [
                f"joined {m.joined:,}: precision {m.precision:.2f}, recall {m.recall:.2f},"
                f" F1 {m.f1:.2f} ({m.with_duplicate:,} have an earlier duplicate)",
                f"B-cubed F1 {m.b_cubed:.2f}",
                f"duplicate among the first 1 / 5 / 10 candidates: {found}",
            ]
        if self.plain:
            alone = (
                f"the plain method (nearest cosine of {PLAIN}): {len(set(self.plain)):,} clusters"
            )
            if (m := self.plain_measures) is not None:
                alone += f", precision {m.precision:.2f}, recall {m.recall:.2f}, F1 {m.f1:.2f}"
            told.append(alone)
        return told


def read_history(path: Path) -> list[History]:
    """The lines of a JSONL file in time order. Raises BadPayload naming the line."""
    rows: list[History] = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                rows.append(History.model_validate_json(line))
            except ValidationError as error:
                wrong = error.errors()[0]
                where = ".".join(map(str, wrong["loc"])) or "the line"
                raise BadPayload(f"{path.name}:{number}: {where}: {wrong['msg']}") from error
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise BadPayload(f"{path.name}: the id {row.id} is there twice.")
        seen.add(row.id)
    return sorted(rows, key=_when)  # stable: of one moment, the file's order counts


def _when(row: History) -> datetime:
    return row.created_at


async def run_backtest(
    reports: Sequence[History],
    embedder: Embedder,
    *,
    join: Eagerness = "sure",
    against_plain: bool = False,
    vectors: Vector | None = None,
    progress: Progress = lambda done, total: None,
) -> BacktestResult:
    """Decide about every report in turn; ``progress`` is told how many are done. ``vectors``, one a
    report, need no embedding. ``against_plain`` does the same once more as the plain method would:
    every report joins the cluster of the nearest earlier one where their cosine is ``PLAIN`` or
    more."""
    engine = Engine(calibration_for(embedder.id), embedder.dimensions, join=join)
    rows: list[BacktestRow] = []
    clusters: list[int] = []
    candidates: list[tuple[int, ...]] = []
    plain: list[int] = []
    first: list[Vector] = []
    known = vectors
    if known is None:
        known = np.zeros((len(reports), embedder.dimensions), dtype=np.float32)
    embedding = clustering = 0.0

    def decide(readings: Sequence[Reading]) -> None:
        for reading in readings:
            vector = known[reading.id]
            decision = engine.decide(reading, vector)
            fresh = reading.id + 1
            cluster = decision.cluster if decision.action == "join" else None
            engine.add(reading, vector, cluster or fresh, decision.best)
            clusters.append(cluster or fresh)
            candidates.append(tuple(c.item for c in decision.candidates))
            if against_plain:
                plain.append(_plain(known[: reading.id], vector, plain))
            found = tuple(reports[c.item].id for c in decision.candidates)
            best = decision.candidates[0].score if decision.candidates else 0.0
            told = reports[reading.id].id, cluster or fresh, found, decision.action, best
            rows.append(BacktestRow(*told))
            if not measured(embedder.id) and len(first) < ENOUGH:
                first.append(vector)
                engine.calibration = fitted(embedder.id, np.array(first))

    for start in range(0, len(reports), BATCH):
        began = time.perf_counter()
        batch = reports[start : start + BATCH]
        told = [_report(number, row) for number, row in enumerate(batch, start)]
        readings = await asyncio.to_thread(list, map(engine.read, told))
        read = time.perf_counter()
        if vectors is None:
            texts = [reading.text for reading in readings]
            known[start : start + len(texts)] = await embedder.embed(texts)
        embedded = time.perf_counter()
        await asyncio.to_thread(decide, readings)
        embedding += embedded - read
        clustering += time.perf_counter() - embedded + read - began
        progress(len(rows), len(reports))
    return BacktestResult(
        rows=tuple(rows),
        embedding=embedding,
        clustering=clustering,
        peak_mb=peak_mb(),
        measures=_measured(reports, clusters, candidates),
        vectors=known,
        plain=tuple(plain),
        plain_measures=_measured(reports, plain, candidates) if plain else None,
    )


def _plain(seen: Vector, vector: Vector, clusters: Sequence[int]) -> int:
    cosines = seen @ vector
    nearest = int(cosines.argmax()) if len(cosines) else -1
    joins = nearest >= 0 and cosines[nearest] >= PLAIN
    return clusters[nearest] if joins else len(seen)


def write_rows(path: Path, rows: Iterable[BacktestRow]) -> None:
    """One JSON object a line."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            line = {"id": row.id, "cluster": row.cluster, "candidates": list(row.candidates)}
            file.write(json.dumps(line) + "\n")


def peak_mb() -> float:
    """The most memory this process ever held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024


def _report(number: int, row: History) -> Report:
    if isinstance(row, Stored):
        return replace(row.read, id=number)
    return Report(number, row.source, row.title, row.body or "", row.created_at)


def _measured(
    reports: Sequence[History], clusters: Sequence[int], candidates: Sequence[Sequence[int]]
) -> Measures | None:
    gold = [row.gold for row in reports if row.gold is not None]
    if not gold or len(gold) != len(reports):
        return None
    return measure(gold, clusters, candidates, _related(reports))


def _related(reports: Sequence[History]) -> dict[int, set[int]]:
    """Positions that each report is linked to, in either direction."""
    place = {row.id: i for i, row in enumerate(reports)}
    related: dict[int, set[int]] = {i: set() for i in range(len(reports))}
    for i, row in enumerate(reports):
        for other in row.related:
            if (j := place.get(other)) is not None:
                related[i].add(j)
                related[j].add(i)
    return related
