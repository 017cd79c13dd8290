"""Makes the numbers of ``calibration.py`` for an embedder, from labelled histories.

Small on purpose: a score people can read needs few weights, and few weights need no library.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.domain.clusters.engine import Engine, calibration, calibration_for
from bot.domain.clusters.engine.calibration import Scale
from bot.domain.clusters.engine.features import NAMES
from bot.domain.ports import Embedder
from workers.clusters import backtest

ROUNDS = 25
TRACKER_FEATURES = tuple(
    name for name in calibration._WEIGHTS if name not in ("centred", "frames", "series")
)


async def calibrate(
    paths: Sequence[Path], embedder: Embedder, *, features: Sequence[str] = TRACKER_FEATURES
) -> Scale:
    """Fit the scoring function for an embedder to labelled histories of one kind.

    Every report is compared with its candidates as ``run_backtest`` would, and the pairs that
    share a ``gold`` are what the score must tell from the rest; pairs that are only ``related``
    are left out. What it gives goes into ``bot/domain/clusters/engine/calibration.py``.
    """
    values: list[NDArray[np.float32]] = []
    same: list[NDArray[np.bool_]] = []
    for path in paths:
        reports = backtest.read_history(path)
        related = backtest._related(reports)
        gold = np.array([row.gold for row in reports])
        engine = Engine(calibration_for(embedder.id), embedder.dimensions)
        for start in range(0, len(reports), backtest.BATCH):
            batch = reports[start : start + backtest.BATCH]
            readings = [
                engine.read(backtest._report(start + i, row)) for i, row in enumerate(batch)
            ]
            vectors = await embedder.embed([reading.text for reading in readings])
            for reading, vector in zip(readings, vectors, strict=True):
                # Added in order, a report's row in the engine is its place in the history.
                rows, compared, _ = engine.features(reading, vector)
                equal = gold[rows] == gold[reading.id]
                kept = equal | ~np.isin(rows, list(related[reading.id]))
                values.append(compared[kept])
                same.append(equal[kept])
                engine.add(reading, vector, None)
    return fit(np.concatenate(values), np.concatenate(same), features)


def fit(
    values: NDArray[np.float32],
    same: NDArray[np.bool_],
    features: Sequence[str],
    *,
    penalty: float = 1.0,
    weights: NDArray[np.float64] | None = None,
) -> Scale:
    """The scale over ``features`` that makes ``same`` most likely, by Newton's method.

    ``values`` are rows as ``features.compare`` gives them. ``penalty`` shrinks the weights (L2,
    over standardised features); ``weights`` say how much a row counts.
    """
    chosen = values[:, [NAMES.index(name) for name in features]].astype(np.float64)
    mean, spread = chosen.mean(axis=0), chosen.std(axis=0) + 1e-9
    rows = np.column_stack([(chosen - mean) / spread, np.ones(len(chosen))])
    counts = np.ones(len(rows)) if weights is None else weights
    shrink = np.diag([penalty] * len(features) + [1e-9])
    solution = np.zeros(rows.shape[1])
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-(rows @ solution).clip(-30, 30)))
        slope = rows.T @ (counts * (chance - same)) + shrink @ solution
        bend = (rows * (counts * chance * (1 - chance))[:, None]).T @ rows + shrink
        step = np.linalg.solve(bend, slope)
        solution -= step
        if float(np.abs(step).max()) < 1e-8:
            break
    raw = solution[:-1] / spread
    return Scale(
        bias=round(float(solution[-1] - raw @ mean), 3),
        weights={n: round(float(w), 3) for n, w in zip(features, raw, strict=True)},
    )
