"""What a project's own people taught by saying same and not the same. A logistic layer over the
shared score: the chances of a project whose people take many joins back fall a little, those of one
that joins what was only asked rise. Its prior is the shared score, so a few answers move it by
little, and its bounds are so near that no row of answers can switch joining on or off. It follows
from the corrections in force, so it is undone with them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain.clusters.engine.links import Links
from bot.domain.clusters.evidence import Because

SLOPE_DOUBT, SHIFT_DOUBT = 0.15, 0.7  # standard deviations of the prior: no change
SLOPE_BOUND, SHIFT_BOUND = 0.3, 1.5  # logits
NEWEST = 200  # answers that count
_STEPS = 20
_CERTAIN = 0.999


@dataclass(frozen=True, slots=True)
class Lesson:
    """What becomes of a score in logits: ``(1 + slope) * score + shift``."""

    slope: float = 0.0
    shift: float = 0.0

    def apply(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """The scores as this project reads them."""
        moved: NDArray[np.float32] = logits * np.float32(1 + self.slope) + np.float32(self.shift)
        return moved


def learn(answers: Sequence[tuple[float, bool]]) -> Lesson:
    """From pairs that people answered for: the chance we had given (0..1), and whether they are
    the same. The most likely lesson under the prior, within its bounds."""
    if not answers:
        return Lesson()
    chances = np.clip([chance for chance, _ in answers], 1 - _CERTAIN, _CERTAIN)
    same = np.array([said for _, said in answers], dtype=float)
    logits = np.log(chances / (1 - chances))
    rows = np.column_stack([logits, np.ones(len(logits))])
    doubt = np.diag([SLOPE_DOUBT**-2, SHIFT_DOUBT**-2])
    moved = np.zeros(2)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-(logits + rows @ moved).clip(-30, 30)))
        slope = rows.T @ (chance - same) + doubt @ moved
        bend = (rows * (chance * (1 - chance))[:, None]).T @ rows + doubt
        step = np.linalg.solve(bend, slope)
        moved -= step
        if float(np.abs(step).max()) < 1e-9:
            break
    return Lesson(_within(moved[0], SLOPE_BOUND), _within(moved[1], SHIFT_BOUND))


def answers(links: Links, reasons: Iterable[tuple[int, Because]]) -> list[tuple[float, bool]]:
    """What people said of pairs that we had given a chance: ``reasons`` are items with why they
    went where they went. The newest ``NEWEST`` count."""
    said = {
        (item, near.item): (near.score, near.item in links.together(item))
        for item, because in reasons
        for near in (*because.candidates, *filter(None, [because.rejected]))
        if not near.repeat and (near.item in links.together(item) or near.item in links.apart(item))
    }
    return [said[pair] for pair in sorted(said)][-NEWEST:]


def _within(value: float, bound: float) -> float:
    return math.copysign(min(abs(float(value)), bound), float(value))
