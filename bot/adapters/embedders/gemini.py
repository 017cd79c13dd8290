"""Gemini embeddings through google-genai. https://ai.google.dev/gemini-api/docs/embeddings

The SDK merges a list of strings into one vector for the newer models: so every text is a content
of its own."""

from collections.abc import Sequence
from contextlib import nullcontext

from typing_extensions import override

from bot.adapters.embedders.hosted import HostedEmbedder
from bot.adapters.gemini_wire import GeminiWire
from bot.domain.ports import Guard

MODEL = "gemini-embedding-001"


class GeminiEmbedder(HostedEmbedder):
    """The embedder port on Gemini. ``timeout`` is in seconds, for one request, and ``guard`` what
    every call is made within."""

    service = "Gemini"

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
        super().__init__(model or MODEL, dimensions)
        self._wire = GeminiWire(api_key=api_key, base_url=base_url, timeout=timeout, guard=guard)

    async def close(self) -> None:
        """Release connections."""
        await self._wire.close()

    @override
    async def _ask(self, texts: list[str]) -> Sequence[Sequence[float]]:
        from google.genai import types

        answer = await self._wire.ask(
            lambda: self._wire.models.embed_content(
                model=self._model,
                contents=[types.Content(parts=[types.Part(text=text)]) for text in texts],
                config=types.EmbedContentConfig(
                    task_type="CLUSTERING", output_dimensionality=self.dimensions
                ),
            )
        )
        return [e.values or [] for e in answer.embeddings or []]
