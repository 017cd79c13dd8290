"""Fits the scoring function to labelled pairs: logistic regression by Newton's method.

Small on purpose: a score people can read needs few weights, and few weights need no library.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.domain.clusters.engine.calibration import Scale
from bot.domain.clusters.engine.features import NAMES

ROUNDS = 25


def fit(
    values: NDArray[np.float32],
    same: NDArray[np.bool_],
    features: Sequence[str],
    *,
    penalty: float = 1.0,
    weights: NDArray[np.float64] | None = None,
) -> Scale:
    """The scale over ``features`` that makes ``same`` most likely.

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
