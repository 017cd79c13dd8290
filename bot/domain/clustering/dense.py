"""Dense vectors in memory: exact cosine among few, a sign sketch and a rerank among many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.domain.ports import Vector

EXACT_ROWS = 6_000
WORDS = 8  # 64 bits each: a sketch of 512 signs a vector
_BITS = 64 * WORDS
_POWERS = (np.uint64(1) << np.arange(64, dtype=np.uint64)).astype(np.uint64)


class Dense:
    """Unit vectors by row number, appended only.

    Among many rows, a query first compares signs of fixed random projections (Charikar, 2002,
    https://doi.org/10.1145/509907.509965), 64 bytes a row, and computes exact cosines for the
    nearest ``shortlist`` rows only.
    """

    def __init__(self, dimensions: int) -> None:
        self.rows = 0
        self._vectors = np.zeros((1_024, dimensions), dtype=np.float32)
        self._sketch = np.zeros((WORDS, 1_024), dtype=np.uint64)
        # One fixed rotation for everybody: the same vector has the same sketch for ever.
        axes = np.random.default_rng(384).standard_normal((dimensions, _BITS))
        self._axes = axes.astype(np.float32)

    def append(self, vector: Vector) -> int:
        """Store a vector; its row number."""
        if self.rows == len(self._vectors):
            capacity = self.rows + self.rows // 2
            # realloc in place: growing never holds two copies.
            self._vectors.resize((capacity, self._vectors.shape[1]), refcheck=False)
            wider = np.zeros((WORDS, capacity), dtype=np.uint64)
            wider[:, : self.rows] = self._sketch
            self._sketch = wider
        row = self.rows
        self._vectors[row] = vector
        self._sketch[:, row] = self._signs(vector)
        self.rows += 1
        return row

    def similarity(self, vector: Vector, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Cosines of ``vector`` with these rows."""
        cosines: NDArray[np.float32] = self._vectors[rows] @ vector
        return cosines

    def nearest(self, vector: Vector, *, top_k: int, shortlist: int = 256) -> NDArray[np.intp]:
        """Row numbers of (nearly) the ``top_k`` most similar, best first."""
        if self.rows == 0:
            return np.empty(0, dtype=np.intp)
        if self.rows <= EXACT_ROWS:
            return _best(self._vectors[: self.rows] @ vector, top_k)
        signs = self._signs(vector)
        distance = np.zeros(self.rows, dtype=np.uint16)
        for word in range(WORDS):
            distance += np.bitwise_count(self._sketch[word, : self.rows] ^ signs[word])
        # Counting distances is cheaper than partitioning them.
        counts = np.cumsum(np.bincount(distance, minlength=_BITS + 1))
        cut = int(np.searchsorted(counts, shortlist))
        rows = np.flatnonzero(distance <= cut)[: 4 * shortlist]
        return rows[_best(self.similarity(vector, rows), top_k)]

    def _signs(self, vector: Vector) -> NDArray[np.uint64]:
        bits = (vector @ self._axes > 0).reshape(WORDS, 64)
        signs: NDArray[np.uint64] = (bits * _POWERS).sum(axis=1, dtype=np.uint64)
        return signs


def _best(scores: NDArray[np.float32], top_k: int) -> NDArray[np.intp]:
    """Positions of the highest scores, best first; of equals the earlier one first."""
    if len(scores) > top_k:
        chosen = np.argpartition(-scores, top_k - 1)[:top_k]
    else:
        chosen = np.arange(len(scores))
    return chosen[np.lexsort((chosen, -scores[chosen]))]
