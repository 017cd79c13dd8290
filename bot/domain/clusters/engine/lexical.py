"""Words in memory: an inverted index to find by, and each item's fields to compare with. Terms are
32-bit hashes, so no string is kept. How rare a term is, is learnt as items come; a young project,
in which every word is rare, also goes by how usual a word is anywhere."""

import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bot.domain.clusters.engine.report import Reading, Terms
from bot.domain.text import usual

FIELDS = ("title", "prose", "code", "errors", "frames", "named")
FIND_TERMS = 24  # of a query's terms, the most telling ones are looked up
COMMON = 0.1  # a term in more than this share of the items finds nothing
_BUCKETS = 1 << 21
BELIEVED = 100  # items that what is usual anywhere counts as, at the most
_LENGTH = 0.5  # how much a long item is held back, as in BM25


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """Terms of several items: ``field[i]`` of ``items[i]`` (places in what was asked for) has
    ``terms[i]``."""

    terms: Terms
    items: NDArray[np.intp]
    field: NDArray[np.uint8]


@cache
def _usual() -> NDArray[np.float32]:
    """By bucket, the share of items in which its term is to be expected anywhere."""
    shares = np.zeros(_BUCKETS, dtype=np.float32)
    for word, share in usual().items():
        shares[zlib.crc32(word.encode()) % _BUCKETS] = share
    return shares


class Lexical:
    """Inverted index and forward index by row number, appended only. ``young`` says that the items
    are too few to tell a rare word by."""

    def __init__(self) -> None:
        self.rows = 0
        self.young = False
        # A list of rows a term; a term seen once (most of them) costs one int.
        self._postings: dict[int, int | array[int]] = {}
        self._frequency = np.zeros(_BUCKETS, dtype=np.uint32)
        self._terms = np.zeros(1 << 16, dtype=np.uint32)
        self._bounds = np.zeros((1_024, len(FIELDS) + 1), dtype=np.int64)
        self._length = np.zeros(1_024, dtype=np.float32)
        self._total_length = 0.0

    def append(self, reading: Reading) -> int:
        """Store an item's terms; its row number."""
        row = self.rows
        if row == len(self._bounds):
            self._bounds.resize((row * 2, len(FIELDS) + 1), refcheck=False)
            self._length.resize(row * 2, refcheck=False)
        end = int(self._bounds[row - 1, -1]) if row else 0
        for number, name in enumerate(FIELDS):
            found: Terms = getattr(reading, name)
            self._bounds[row, number] = end
            while end + len(found) > len(self._terms):
                self._terms.resize(len(self._terms) * 9 // 8, refcheck=False)
            self._terms[end : end + len(found)] = found
            end += len(found)
        self._bounds[row, -1] = end
        unique = np.unique(self._terms[int(self._bounds[row, 0]) : end])
        self._frequency[unique % _BUCKETS] += 1
        for term in unique.tolist():
            known = self._postings.get(term)
            if known is None:
                self._postings[term] = row
            elif isinstance(known, int):
                self._postings[term] = array("i", (known, row))
            else:
                known.append(row)
        self._length[row] = len(unique)
        self._total_length += len(unique)
        self.rows += 1
        return row

    def rarity(self, found: Terms) -> NDArray[np.float32]:
        """Inverse document frequency of terms, as in BM25, never below zero."""
        seen = self._frequency[found % _BUCKETS].astype(np.float32)
        if self.young:
            seen += _usual()[found % _BUCKETS] * (BELIEVED * self.rows / (BELIEVED + self.rows))
        rarity: NDArray[np.float32] = np.log1p((self.rows + 1 - seen).clip(0) / (seen + 0.5))
        return rarity

    def find(
        self, reading: Reading, weights: Sequence[float], *, top_k: int
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Rows that share the most telling terms with ``reading``, best first, and every row's
        score. ``weights`` say how much a term of each field counts."""
        fields = [getattr(reading, name) for name in FIELDS]
        scores = np.zeros(self.rows, dtype=np.float32)
        weight = np.repeat(np.asarray(weights, dtype=np.float32), [len(f) for f in fields])
        unique, inverse = np.unique(np.concatenate(fields), return_inverse=True)
        if not self.rows or not len(unique):
            return np.empty(0, dtype=np.intp), scores
        worth = np.zeros(len(unique), dtype=np.float32)
        np.maximum.at(worth, inverse, weight)
        worth *= self.rarity(unique) ** 2
        looked_up = 0
        common = max(64.0, COMMON * self.rows)
        for position in np.argsort(-worth, kind="stable").tolist():
            rows = self._postings.get(int(unique[position]))
            if rows is None or worth[position] <= 0:
                continue
            if isinstance(rows, int):
                scores[rows] += worth[position]
            elif len(rows) <= common:
                scores[np.frombuffer(rows, dtype=np.int32)] += worth[position]
            else:
                continue
            looked_up += 1
            if looked_up == FIND_TERMS:
                break
        average = max(self._total_length / self.rows, 1.0)
        found = np.flatnonzero(scores > 0)
        scores[found] /= np.sqrt(1 - _LENGTH + _LENGTH * self._length[found] / average)
        if len(found) > top_k:
            found = found[np.argpartition(-scores[found], top_k - 1)[:top_k]]
        return found[np.lexsort((found, -scores[found]))], scores

    def having(self, found: Terms) -> NDArray[np.intp]:
        """The rows that have each of these terms, oldest first; all rows where there is none."""
        kept = np.arange(self.rows)
        for term in found.tolist():
            rows = self._postings.get(term, array("i"))
            known = (rows,) if isinstance(rows, int) else rows
            kept = kept[np.isin(kept, np.asarray(known, dtype=np.intp))]
        return kept

    def titles(self, rows: Iterable[int]) -> list[Terms]:
        """The title's terms of each of these rows."""
        bounds = (self._bounds[row, :2].tolist() for row in rows)
        return [self._terms[start:end] for start, end in bounds]

    def fields(self, rows: NDArray[np.intp]) -> Fields:
        """The terms of these rows with the item and the field that each belongs to."""
        bounds = self._bounds[rows]
        lengths = np.diff(bounds, axis=1)
        counts = lengths.sum(axis=1)
        starts = np.repeat(bounds[:, 0] - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
        which = np.tile(np.arange(len(FIELDS), dtype=np.uint8), len(rows))
        found = self._terms[np.arange(int(counts.sum())) + starts]
        items = np.repeat(np.arange(len(rows)), counts)
        return Fields(found, items, np.repeat(which, lengths.ravel()))
