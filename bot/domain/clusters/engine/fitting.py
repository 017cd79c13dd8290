"""Chances of an embedder that was not measured, fitted to how its cosines spread in a project.
Cosines of two models do not compare, not even as seen from a project's mean, where those of any two
reports lie about 0: one model spreads them widely, another hardly. How far they spread hardly
depends on how many of the reports are doubles, which how near a report's nearest is does. So that
spread is taken to mean what it means with MiniLM, and every cosine is stretched alike."""

from dataclasses import replace

import numpy as np

from bot.domain.clusters.engine.calibration import _KNOWN, Calibration, Scale, calibration_for
from bot.domain.ports import Vector

ENOUGH = 128  # of a project's first reports it is fitted to
REFERENCE = 0.135  # standard deviation, MiniLM: .121 to .139 in four histories, .181 in short notes
LEAST, MOST = 0.5, 2.0
_COSINES = ("centred", "meaning")


def measured(embedder: str) -> bool:
    """Whether the weights were fitted to labelled histories as this embedder sees them."""
    return embedder in _KNOWN


def standing(embedder: str) -> str:
    """What there is to say of an embedder that was not measured; "" for the others."""
    told = f", not measured: its chances are fitted to each project's first {ENOUGH} reports"
    return "" if measured(embedder) else told


def stretch(first: Vector) -> float:
    """By how much cosines of an embedder are to be stretched, by a project's first vectors."""
    apart = first - first.mean(axis=0)
    apart /= np.linalg.norm(apart, axis=1, keepdims=True).clip(1e-9)
    cosines = (apart @ apart.T)[np.triu_indices(len(apart), 1)]
    return float(np.clip(REFERENCE / max(float(cosines.std()), 1e-9), LEAST, MOST))


def fitted(embedder: str, first: Vector) -> Calibration:
    """The calibration of an embedder in a project with these ``first`` vectors. As it is anywhere
    where it was measured, or where there are fewer than ``ENOUGH`` yet."""
    known = calibration_for(embedder)
    if measured(embedder) or len(first) < ENOUGH:
        return known
    by = stretch(first[:ENOUGH])

    def scale(old: Scale) -> Scale:
        weights = old.weights.items()
        return Scale(old.bias, {n: w * by if n in _COSINES else w for n, w in weights})

    scales = {kind: scale(each) for kind, each in known.scales.items()}
    return replace(known, scales=scales, mixed=scale(known.mixed))
