"""Embeddings on OpenAI's wire. https://platform.openai.com/docs/api-reference/embeddings

One model, whatever happens: vectors of two are not compared, so nothing stands in for it."""

from collections.abc import Sequence
from contextlib import nullcontext

from typing_extensions import override

from bot.adapters.embedders.hosted import HostedEmbedder
from bot.adapters.openai_wire import OpenAIWire
from bot.domain.errors import Rejected
from bot.domain.ports import Guard


class OpenAIEmbedder(HostedEmbedder):
    """The embedder port. ``model`` names its dimensions, ``text-embedding-3-small/768``; a server
    that cannot choose them gives as many as it has, which must be as many. ``timeout`` is in
    seconds, for one request, and ``guard`` what every call is made within."""

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
        """Release connections."""
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
