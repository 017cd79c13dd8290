"""Embedders of hosted services, and what they share: batches, and what a vector has to be."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import nullcontext

import numpy as np
from typing_extensions import override

from bot.adapters.hosted import GeminiWire, OpenAIWire
from bot.domain.errors import Rejected, Unavailable
from bot.domain.ports import Guard, Vector

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


MODEL = "gemini-embedding-001"


class GeminiEmbedder(HostedEmbedder):
    """The embedder port on Gemini, https://ai.google.dev/gemini-api/docs/embeddings. ``timeout`` is
    in seconds, for one request, and ``guard`` what every call is made within."""

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
        await self._wire.close()

    @override
    async def _ask(self, texts: list[str]) -> Sequence[Sequence[float]]:
        from google.genai import types

        answer = await self._wire.ask(
            lambda: self._wire.models.embed_content(
                model=self._model,
                # A list of strings the SDK merges into one vector, for the newer models.
                contents=[types.Content(parts=[types.Part(text=text)]) for text in texts],
                config=types.EmbedContentConfig(
                    task_type="CLUSTERING", output_dimensionality=self.dimensions
                ),
            )
        )
        return [e.values or [] for e in answer.embeddings or []]


class OpenAIEmbedder(HostedEmbedder):
    """The embedder port on OpenAI's wire, https://platform.openai.com/docs/api-reference/embeddings.
    ``model`` names its dimensions, ``text-embedding-3-small/768``; a server that cannot choose them
    gives as many as it has, which must be as many. Nothing stands in for it: vectors of two models
    are not compared. ``timeout`` is in seconds, for one request, and ``guard`` what every call is
    made within."""

    # No token is less than a byte, and a model takes 8,192 of a text and 300,000 at once. More is
    # refused, so the end of a long text is left out.
    longest, at_once = 8_000, 250_000

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
        name, _, dimensions = model.rpartition("/")
        super().__init__(name, int(dimensions))
        self.service, self._chooses = service, True
        self._wire = OpenAIWire(
            service=service, api_key=api_key, base_url=base_url, timeout=timeout, guard=guard
        )

    async def close(self) -> None:
        await self._wire.close()

    @override
    async def _ask(self, texts: list[str]) -> Sequence[Sequence[float]]:
        try:
            got = await self._wire.ask(lambda: self._create(texts))
        except Rejected as error:
            if not (self._chooses and error.status in (400, 422) and "dimension" in str(error)):
                raise
            self._chooses = False
            got = await self._wire.ask(lambda: self._create(texts))
        return got

    async def _create(self, texts: list[str]) -> list[list[float]]:
        from openai import omit
        from openai.types import CreateEmbeddingResponse

        got: object = await self._wire.client.embeddings.create(
            model=self._model,
            input=texts,
            dimensions=self.dimensions if self._chooses else omit,
            encoding_format="float",
        )
        if not isinstance(got, CreateEmbeddingResponse):  # of what is no JSON the SDK gives text
            raise self._wire.unreadable()
        return [one.embedding for one in sorted(got.data or [], key=lambda one: one.index)]
