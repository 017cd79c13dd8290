"""Embeddings on OpenAI's wire. https://platform.openai.com/docs/api-reference/embeddings

One model, whatever happens: vectors of two are not compared, so nothing stands in for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext

import numpy as np

from bot.adapters.embedders.unit import unit
from bot.adapters.openai_wire import OpenAIWire
from bot.domain.errors import Rejected
from bot.domain.ports import Guard, Vector

BATCH = 100  # texts a request
# Of a text, and of a request: no token is less than a byte, and a model takes 8,192 of a text and
# 300,000 at once. More is refused, so the end of a long text is left out.
LONGEST = 8_000
_AT_ONCE = 250_000


class OpenAIEmbedder:
    """The embedder port. ``model`` names its dimensions, ``text-embedding-3-small/768``; a server
    that cannot choose them gives as many as it has, which must be as many.

    ``timeout`` is in seconds, for one request, and ``guard`` what every call is made within.
    """

    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        base_url: str = "",
        service: str = "OpenAI",
        timeout: float = 30,
        guard: Guard = nullcontext,
    ) -> None:
        self._wire = OpenAIWire(
            service=service, api_key=api_key, base_url=base_url, timeout=timeout, guard=guard
        )
        self._service = service
        self._model, _, dimensions = model.rpartition("/")
        self.dimensions, self._chooses = int(dimensions), True

    @property
    def id(self) -> str:
        """``text-embedding-3-small/768``."""
        return f"{self._model}/{self.dimensions}"

    async def embed(self, texts: Sequence[str]) -> Vector:
        """One unit-length row a text, in batches; an empty text is not sent and gives zeros."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for rows, batch in _batches(texts):
            try:
                found = await self._ask(batch)
            except Rejected as error:
                if not (self._chooses and error.status in (400, 422) and "dimension" in str(error)):
                    raise
                self._chooses = False
                found = await self._ask(batch)
            vectors[rows] = unit(found, len(batch), self.dimensions, self._service)
        return vectors

    async def close(self) -> None:
        """Release connections."""
        await self._wire.close()

    async def _ask(self, texts: list[str]) -> list[list[float]]:
        from openai import omit
        from openai.types import CreateEmbeddingResponse

        create = self._wire.client.embeddings.create
        got = await self._wire.ask(
            lambda: create(
                model=self._model,
                input=texts,
                dimensions=self.dimensions if self._chooses else omit,
                encoding_format="float",
            ),
            CreateEmbeddingResponse,
        )
        return [one.embedding for one in sorted(got.data or [], key=lambda one: one.index)]


def _batches(texts: Sequence[str]) -> Iterator[tuple[list[int], list[str]]]:
    """Which rows, and what is sent of them."""
    rows, batch, size = list[int](), list[str](), 0
    for row, text in enumerate(texts):
        if not text.strip():
            continue
        sent = text.encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore")
        if rows and (len(rows) == BATCH or size + LONGEST > _AT_ONCE):
            yield rows, batch
            rows, batch, size = [], [], 0
        rows, batch, size = [*rows, row], [*batch, sent], size + len(sent.encode())
    if rows:
        yield rows, batch
