"""Vectors of a hosted model, checked and made unit length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.domain.errors import Rejected, Unavailable
from bot.domain.ports import Vector


def unit(rows: Sequence[Sequence[float]], expected: int, dimensions: int, service: str) -> Vector:
    """Raises Rejected where they are not as many or as wide as was asked for, Unavailable where
    one has no direction."""
    if len(rows) != expected:
        raise Rejected(f"{service} gave {len(rows)} vectors for {expected} texts.")
    if wide := {len(row) for row in rows} - {dimensions}:
        raise Rejected(f"{service} gave vectors that are {max(wide)}, not {dimensions} wide.")
    vectors = np.asarray(rows, dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise Unavailable(f"{service} gave a vector without direction.")
    made: Vector = vectors / lengths
    return made
