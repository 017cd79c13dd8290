"""What belongs to an embedder: the weights of the scoring function and its thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.domain.clustering.features import NAMES
from bot.domain.clustering.report import Kind


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Chances in 0..1. ``join`` unasked from there on, ``suggest`` from there on."""

    join: float
    suggest: float


@dataclass(frozen=True, slots=True)
class Scale:
    """A logistic score: ``bias + sum of weight * feature``, one weight for each of NAMES."""

    bias: float
    weights: tuple[float, ...]

    def logits(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """One logit a row of features."""
        scores: NDArray[np.float32] = values @ np.asarray(self.weights, dtype=np.float32)
        return scores + np.float32(self.bias)

    def parts(self, values: NDArray[np.float32]) -> tuple[tuple[str, float], ...]:
        """What one row's score is made of, the strongest first."""
        each = [(n, w * float(v)) for n, w, v in zip(NAMES, self.weights, values, strict=True)]
        return tuple(sorted(each, key=lambda part: -abs(part[1])))


@dataclass(frozen=True, slots=True)
class Calibration:
    """How scores of one embedder are made and read, for every kind of stream."""

    embedder: str
    scales: Mapping[Kind, Scale]
    thresholds: Mapping[Kind, Thresholds] = field(default_factory=dict)


_TRACKER = Scale(-7.5, (6.0, 2.0, 3.0, 2.0, 1.5, 1.5, 1.0, 1.5))
_ALERT = Scale(-6.0, (5.0, 2.0, 4.0, 1.0, 0.0, 2.0, 0.0, 0.0))
_FEEDBACK = Scale(-5.5, (7.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0))

MINILM = Calibration(
    "all-minilm-l6-v2/128/384",
    {Kind.TRACKER: _TRACKER, Kind.ALERT: _ALERT, Kind.FEEDBACK: _FEEDBACK},
    {
        Kind.TRACKER: Thresholds(join=0.9, suggest=0.2),
        Kind.ALERT: Thresholds(join=0.5, suggest=0.3),
        Kind.FEEDBACK: Thresholds(join=0.5, suggest=0.3),
    },
)


def calibration_for(embedder: str) -> Calibration:
    """The calibration of an embedder by its id; an unknown one is read like MiniLM."""
    return Calibration(embedder, MINILM.scales, MINILM.thresholds)
