"""The stateless hashing vectoriser: no model, no fit, no state. The floor, not the aim."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Sequence

import numpy as np

from bot.domain.ports import Vector
from bot.domain.text import mask, terms

_SPACE = re.compile(r"\s+")
_WORD_WEIGHT = 2.0
LIMIT = 1_500  # characters of a text that count


class Hashing:
    """Signed hashes of words and of 3 to 5 characters within words, log-damped, unit length."""

    id = "hashing-1/1024"
    dimensions = 1_024

    async def embed(self, texts: Sequence[str]) -> Vector:
        """One unit-length row a text; an empty text gives zeros."""
        return await asyncio.to_thread(self._rows, texts)

    async def close(self) -> None:
        """Nothing to release."""

    def _rows(self, texts: Sequence[str]) -> Vector:
        rows = [self._row(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dimensions), dtype=np.float32)

    def _row(self, text: str) -> Vector:
        masked = mask(text[:LIMIT]).lower()
        features = [f"w {word}".encode() for word in terms(text[:LIMIT])]
        words = len(features)
        for word in _SPACE.split(masked):
            padded = f" {word} ".encode() if word else b""
            for size in (3, 4, 5):
                features += [padded[i : i + size] for i in range(len(padded) - size + 1)]
        row = np.zeros(self.dimensions, dtype=np.float32)
        if not features:
            return row
        hashes = np.fromiter(map(zlib.crc32, features), dtype=np.uint32, count=len(features))
        weights = np.where(np.arange(len(features)) < words, _WORD_WEIGHT, 1.0)
        signed = np.where(hashes >> 31, 1.0, -1.0) * weights
        counts = np.bincount(hashes % self.dimensions, weights=signed, minlength=self.dimensions)
        row[:] = np.sign(counts) * np.log1p(np.abs(counts))
        length = float(np.linalg.norm(row))
        return row / length if length else row
