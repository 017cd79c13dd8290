"""An embedder that was not measured: its cosines mean what those of a measured one would."""

from __future__ import annotations

import numpy as np
import pytest

from bot.domain.clusters.engine import calibration_for, fitted
from bot.domain.clusters.engine.fitting import ENOUGH, MOST, REFERENCE, stretch
from bot.domain.clusters.engine.report import Kind
from bot.domain.ports import Vector


def vectors(dimensions: int, rows: int = ENOUGH, common: float = 3.0) -> Vector:
    """Directions at random that crowd about one: the fewer dimensions, the wider they spread."""
    made = np.random.default_rng(1).standard_normal((rows, dimensions)).astype(np.float32)
    made[:, 0] += common * dimensions**0.5
    unit: Vector = made / np.linalg.norm(made, axis=1, keepdims=True)
    return unit


def test_who_spreads_half_as_widely_is_stretched_twice_as_far() -> None:
    wide, narrow = stretch(vectors(40)), stretch(vectors(160))
    assert narrow / wide == pytest.approx(2, rel=0.1)
    assert stretch(vectors(1 + round(REFERENCE**-2))) == pytest.approx(1, rel=0.1)
    assert stretch(vectors(4_000)) == MOST  # and no further


def test_only_cosines_of_an_unmeasured_embedder_are_stretched() -> None:
    rows = vectors(160)
    known, found = calibration_for("new/160"), fitted("new/160", rows)
    before, after = known.scales[Kind.TRACKER].weights, found.scales[Kind.TRACKER].weights
    assert after["centred"] / before["centred"] == pytest.approx(stretch(rows))
    assert after["words"] == before["words"]
    assert found.mixed.weights["centred"] > known.mixed.weights["centred"]
    assert found.thresholds == known.thresholds


@pytest.mark.parametrize(
    ("embedder", "rows"), [("hashing-1/1024", ENOUGH), ("new/160", ENOUGH - 1)]
)
def test_what_was_measured_or_is_hardly_known_stays_as_it_is(embedder: str, rows: int) -> None:
    assert fitted(embedder, vectors(160, rows)) == calibration_for(embedder)
