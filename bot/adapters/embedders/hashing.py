"""The stateless hashing vectoriser: no model, no fit, no state. The floor, not the aim."""

import asyncio
import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from bot.domain.ports import Vector
from bot.domain.text import in_english, mask, terms

_WORD_WEIGHT = 2.0
LIMIT = 1_500  # characters of a text that count


class Hashing:
    """Signed hashes of words and of 3 to 5 characters within words, log-damped, unit length."""

    id = "hashing-1/1024"
    dimensions = 1_024
    together = 64

    async def embed(self, texts: Sequence[str]) -> Vector:
        return await asyncio.to_thread(self._rows, texts)

    async def close(self) -> None:
        """Nothing to release."""

    def _rows(self, texts: Sequence[str]) -> Vector:
        rows = [self._row(in_english(text)) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dimensions), dtype=np.float32)

    def _row(self, text: str) -> Vector:
        words = [zlib.crc32(f"w {word}".encode()) for word in terms(text[:LIMIT])]
        parts = [part for word in mask(text[:LIMIT]).lower().split() for part in _parts(word)]
        row = np.zeros(self.dimensions, dtype=np.float32)
        if not words and not parts:
            return row
        hashes = np.array(words + parts, dtype=np.uint32)
        weights = np.where(np.arange(len(hashes)) < len(words), _WORD_WEIGHT, 1.0)
        signed = np.where(hashes >> 31, 1.0, -1.0) * weights
        counts = np.bincount(hashes % self.dimensions, weights=signed, minlength=self.dimensions)
        row[:] = np.sign(counts) * np.log1p(np.abs(counts))
        length = float(np.linalg.norm(row))
        return row / length if length else row


@lru_cache(1 << 14)
def _parts(word: str) -> tuple[int, ...]:
    """Hashes of its 3 to 5 characters in a row."""
    padded = f" {word} ".encode()
    return tuple(
        zlib.crc32(padded[i : i + size])
        for size in (3, 4, 5)
        for i in range(len(padded) - size + 1)
    )
