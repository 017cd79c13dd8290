"""What the embedders of hosted services share: batches, and what a vector has to be."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import numpy as np

from bot.domain.errors import Rejected, Unavailable
from bot.domain.ports import Vector

BATCH = 100  # texts a request


class HostedEmbedder(ABC):
    """The embedder port, but for how its ``service`` is asked. Of a text ``longest`` bytes are
    sent, and ``at_once`` in a request; 0 is any number."""

    service: str
    dimensions: int
    together = BATCH
    longest = at_once = 0

    def __init__(self, model: str, dimensions: int) -> None:
        self._model, self.dimensions = model, dimensions

    @property
    def id(self) -> str:
        """``gemini-embedding-001/768``."""
        return f"{self._model}/{self.dimensions}"

    async def embed(self, texts: Sequence[str]) -> Vector:
        """One unit-length row a text, in batches; an empty text is not sent and gives zeros."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for rows, batch in self._batches(texts):
            vectors[rows] = self._unit(await self._ask(batch), len(batch))
        return vectors

    @abstractmethod
    async def _ask(self, texts: list[str]) -> Sequence[Sequence[float]]:
        """A vector a text. Raises Unavailable or Rejected."""

    def _batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[str]]]:
        """Which rows, and what is sent of them."""
        rows, batch, size = list[int](), list[str](), 0
        for row, text in enumerate(texts):
            if not text.strip():
                continue
            sent = self._cut(text) if self.longest else text
            size += len(sent.encode("utf-8", "replace"))
            if rows and (len(rows) == BATCH or size > self.at_once > 0):
                yield rows, batch
                rows, batch, size = [], [], len(sent.encode("utf-8", "replace"))
            rows.append(row)
            batch.append(sent)
        if rows:
            yield rows, batch

    def _cut(self, text: str) -> str:
        return text.encode("utf-8", "replace")[: self.longest].decode("utf-8", "ignore")

    def _unit(self, rows: Sequence[Sequence[float]], expected: int) -> Vector:
        if len(rows) != expected:
            raise Rejected(f"{self.service} gave {len(rows)} vectors for {expected} texts.")
        if any(len(row) != self.dimensions for row in rows):
            raise Rejected(f"{self.service} gave vectors that are not {self.dimensions} wide.")
        vectors = np.asarray(rows, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise Unavailable(f"{self.service} gave a vector without direction.")
        unit: Vector = vectors / lengths
        return unit
