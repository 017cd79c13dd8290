"""Gemini embeddings through google-genai. https://ai.google.dev/gemini-api/docs/embeddings

The SDK merges a list of strings into one vector for the newer models: so every text is a content
of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial

import numpy as np

from bot.adapters.embedders.unit import unit
from bot.adapters.gemini_wire import GeminiWire
from bot.domain.ports import Guard, Vector

BATCH = 100  # texts a request
MODEL = "gemini-embedding-001"


class GeminiEmbedder:
    """The embedder port on Gemini. ``timeout`` is in seconds, for one request, and ``guard`` what
    every call is made within."""

    def __init__(
        self,
        *,
        api_key: str,
        model: str = MODEL,
        dimensions: int = 768,
        base_url: str | None = None,
        timeout: float = 30,
        guard: Guard = nullcontext,
    ) -> None:
        self._wire = GeminiWire(api_key=api_key, base_url=base_url, timeout=timeout, guard=guard)
        self._model = model or MODEL
        self.dimensions = dimensions

    @property
    def id(self) -> str:
        """``gemini-embedding-001/768``."""
        return f"{self._model}/{self.dimensions}"

    async def embed(self, texts: Sequence[str]) -> Vector:
        """One unit-length row a text, in batches; an empty text is not sent and gives zeros."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        asked = [number for number, text in enumerate(texts) if text.strip()]
        for start in range(0, len(asked), BATCH):
            rows = asked[start : start + BATCH]
            batch = [texts[row] for row in rows]
            vectors[rows] = await self._wire.ask(partial(self._ask, batch))
        return vectors

    async def close(self) -> None:
        """Release connections."""
        await self._wire.close()

    async def _ask(self, texts: list[str]) -> Vector:
        from google.genai import types

        answer = await self._wire.models.embed_content(
            model=self._model,
            contents=[types.Content(parts=[types.Part(text=text)]) for text in texts],
            config=types.EmbedContentConfig(
                task_type="CLUSTERING", output_dimensionality=self.dimensions
            ),
        )
        rows = [e.values or [] for e in answer.embeddings or []]
        return unit(rows, len(texts), self.dimensions, "Gemini")
