"""Dense vectors in memory: exact cosine among few, a sign sketch and a rerank among many. An
embedder's vectors crowd into a corner of the space, and a project's into a corner of that. So
similarity is also measured from the project's own mean, and after evening out the directions in
which everything of the project is alike (a soft whitening, https://arxiv.org/abs/2103.15316). What
that takes is learnt from the stored vectors each time their number has doubled."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain.ports import Vector

Rows = NDArray[np.intp]
Floats = NDArray[np.float32]

EXACT_ROWS = 6_000
FIRST_LEARNT, FIRST_WHITENED = 16, 64
DOUBTED = 16  # rows' worth of doubt about a mean of few
LEARNT_FROM = 16_384  # rows at the most, evenly spread
SOFTNESS, POWER = 1.0, 0.25
WORDS = 8  # 64 bits each: a sketch of 512 signs a vector
FIRST_WORDS = 3  # of them are looked at in every row
_BITS = 64 * WORDS
_ONE = 32_767  # what 1 is among many, where numbers of 16 bits are kept
_POWERS = (np.uint64(1) << np.arange(64, dtype=np.uint64)).astype(np.uint64)


@cache
def _axes(dimensions: int) -> Vector:
    """One fixed set of directions for everybody: the sketch of a vector can be made again."""
    axes: Vector = np.random.default_rng(dimensions).standard_normal(
        (dimensions, _BITS), np.float32
    )
    return axes


def _least(distance: NDArray[np.unsignedinteger[Any]], few: int) -> Rows:
    """Where it is least, about ``few`` places: counting distances is cheaper than sorting them."""
    counts = np.cumsum(np.bincount(distance))
    return np.flatnonzero(distance <= np.searchsorted(counts, few))[: 4 * few]


def _kept(vectors: Vector) -> NDArray[np.int16]:
    return np.rint(vectors * _ONE).clip(-_ONE, _ONE).astype(np.int16)


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A vector prepared for one way of measuring: ``(rows @ direction - offset) / lengths``."""

    direction: Vector
    offset: float
    lengths: Floats


class Dense:
    """Unit vectors by row number, appended only; a row's vector may come later. A row without a
    vector is like nothing: it is not found, and every similarity with it is 0. Among many rows, a
    query first compares signs of fixed random projections (Charikar, 2002,
    https://doi.org/10.1145/509907.509965), 64 bytes a row, and measures the nearest ``shortlist``
    rows exactly."""

    def __init__(self, dimensions: int) -> None:
        self.rows = 0
        self._vectors: Any = np.zeros((1_024, dimensions), dtype=np.float32)
        self._sketch = np.zeros((WORDS, 1_024), dtype=np.uint64)
        self._absent: set[int] = set()
        self._centred = np.ones(1_024, dtype=np.float32)  # lengths, as whitened below
        self._whitened = np.ones(1_024, dtype=np.float32)
        self._mean: Vector = np.zeros(dimensions, dtype=np.float32)
        # The whitening times its transpose, and times the axes: nobody needs it by itself.
        self._metric: Vector = np.eye(dimensions, dtype=np.float32)
        self._signing = _axes(dimensions)

    def append(self, vector: Vector | None) -> int:
        """Store a vector, or None for one that will come; its row number."""
        row = self.rows
        if row == len(self._vectors):
            self._grow(row + row // 8)
        self.rows += 1
        self._absent.add(row)
        if self.rows == EXACT_ROWS + 1:
            self._vectors = _kept(self._vectors)
            self._derive_all()
        if vector is None:
            self._derive(row, row + 1)
        else:
            self.fill(row, vector)
        return row

    def fill(self, row: int, vector: Vector) -> None:
        """The vector of a row that had none."""
        self._vectors[row] = vector if self.rows <= EXACT_ROWS else _kept(vector)
        self._absent.remove(row)
        known = self.rows - len(self._absent)
        if known >= FIRST_LEARNT and known & (known - 1) == 0:
            self._learn()
        else:
            self._derive(row, row + 1)

    def cosine(self, vector: Vector) -> Query:
        """Measure plain cosine."""
        return Query(vector, 0.0, np.ones(1, dtype=np.float32))

    def centred(self, vector: Vector) -> Query:
        """Measure cosine as seen from the project's mean."""
        apart = vector - self._mean
        apart /= max(float(np.linalg.norm(apart)), 1e-9)
        return Query(apart, float(apart @ self._mean), self._centred)

    def whitened(self, vector: Vector) -> Query:
        """Measure cosine after the soft whitening."""
        apart = vector - self._mean
        direction: Vector = self._metric @ apart
        direction /= max(float(apart @ direction), 1e-18) ** 0.5
        return Query(direction, float(direction @ self._mean), self._whitened)

    def measure(self, rows: Rows | slice, *queries: Query) -> list[Floats]:
        """Similarities in [-1, 1] with these rows, query by query."""
        vectors = self._of(rows)
        lengths = [q.lengths if len(q.lengths) == 1 else q.lengths[rows] for q in queries]
        both = zip(queries, lengths, strict=True)
        return [(vectors @ query.direction - query.offset) / length for query, length in both]

    def nearest(
        self, vector: Vector, query: Query, *, top_k: int, shortlist: int = 256
    ) -> tuple[Rows, Floats]:
        """The (nearly) most similar rows as ``query`` measures, best first."""
        few = self.rows <= EXACT_ROWS
        found = np.arange(self.rows) if few else self._alike(vector, shortlist)
        # A slice, not an index: this must not copy the vectors.
        (measured,) = self.measure(slice(self.rows) if few else found, query)
        if self._absent:
            known = ~np.isin(found, self._without_vector())
            found, measured = found[known], measured[known]
        if len(found) > top_k:
            kept = np.argpartition(-measured, top_k - 1)[:top_k]
            found, measured = found[kept], measured[kept]
        order = np.lexsort((found, -measured))
        return found[order], measured[order]

    def _alike(self, vector: Vector, shortlist: int) -> Rows:
        """Rows whose sketch differs in the fewest bits."""
        signs = self._signs((vector - self._mean)[None])[:, 0]
        distance = np.zeros(self.rows, dtype=np.uint8)
        for word in range(FIRST_WORDS):  # at most 192 bits
            distance += np.bitwise_count(self._sketch[word, : self.rows] ^ signs[word])
        if self._absent:
            distance[self._without_vector()] = 255
        near = _least(distance, 8 * shortlist)
        distances = np.bitwise_count(self._sketch[:, near] ^ signs[:, None])
        return near[_least(distances.sum(axis=0, dtype=np.uint16), shortlist)]

    def _of(self, rows: Rows | slice) -> Vector:
        vectors: Vector = self._vectors[rows]
        return vectors if self.rows <= EXACT_ROWS else vectors * np.float32(1 / _ONE)

    def _without_vector(self) -> Rows:
        return np.fromiter(self._absent, dtype=np.intp, count=len(self._absent))

    def _signs(self, apart: Vector) -> NDArray[np.uint64]:
        bits = (apart @ self._signing > 0).reshape(len(apart), WORDS, 64)
        signs: NDArray[np.uint64] = (bits * _POWERS).sum(axis=2, dtype=np.uint64).T
        return signs

    def _learn(self) -> None:
        """The mean and the whitening of what is stored; then everything made with them."""
        stored = np.setdiff1d(np.arange(self.rows), self._without_vector())
        known = len(stored)
        sample = self._of(stored[:: max(1, known // LEARNT_FROM)])
        mean = sample.mean(axis=0)
        self._mean = mean * np.float32(known / (known + DOUBTED))
        if known >= FIRST_WHITENED:
            self._learn_whitening(sample - mean)
        self._derive_all()

    def _learn_whitening(self, apart: Vector) -> None:
        count, width = apart.shape
        few = count < width
        scales, directions = np.linalg.eigh((apart @ apart.T if few else apart.T @ apart) / count)
        doubt = SOFTNESS * max(float(scales.sum()) / width, 1e-9)
        told = scales > 1e-6 * scales[-1]
        scales, directions = scales[told], directions[:, told]
        if few:
            directions = apart.T @ directions / np.sqrt(scales * count)

        def softened(power: float, of: Vector) -> Vector:
            beyond = (scales + doubt) ** -power - doubt**-power
            made: Vector = doubt**-power * of + (directions * beyond) @ (directions.T @ of)
            return made.astype(np.float32)

        self._metric = softened(2 * POWER, np.eye(width, dtype=np.float32))
        self._signing = softened(POWER, _axes(width))

    def _derive_all(self) -> None:
        for start in range(0, self.rows, 2_048):
            self._derive(start, min(start + 2_048, self.rows))

    def _derive(self, start: int, end: int) -> None:
        apart = self._of(slice(start, end)) - self._mean
        whitened = np.einsum("ij,ij->i", apart @ self._metric, apart)
        self._centred[start:end] = np.linalg.norm(apart, axis=1).clip(1e-9)
        self._whitened[start:end] = np.sqrt(whitened.clip(1e-18))
        if self.rows > EXACT_ROWS:  # among few nobody looks at it
            self._sketch[:, start:end] = self._signs(apart)
        if self._absent:
            without = self._without_vector()
            without = without[(without >= start) & (without < end)]
            self._centred[without] = self._whitened[without] = np.inf  # so that they measure 0

    def _grow(self, capacity: int) -> None:
        # realloc in place where it can: growing does not hold two copies of the vectors.
        self._vectors.resize((capacity, self._vectors.shape[1]), refcheck=False)
        for lengths in (self._centred, self._whitened):
            lengths.resize(capacity, refcheck=False)
        wider = np.zeros((WORDS, capacity), dtype=np.uint64)
        wider[:, : self.rows] = self._sketch
        self._sketch = wider
