"""Gemini embeddings through google-genai. https://ai.google.dev/gemini-api/docs/embeddings

The SDK merges a list of strings into one vector for the newer models, retries nothing by default
and ignores what a 429 says about when to come back: so every text is a content of its own, and
waiting is done here.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import stamina

from bot.domain.breaker import Breaker
from bot.domain.errors import Rejected, Unavailable, UpstreamError
from bot.domain.ports import Vector

if TYPE_CHECKING:
    from google import genai

BATCH = 100  # texts a request
ATTEMPTS = 5
PATIENCE = 20.0  # seconds of waiting in place; for longer the job goes back on the list
_SECONDS = re.compile(r"^(\d+(?:\.\d+)?)s$")


class GeminiEmbedder:
    """The embedder port on Gemini. ``timeout`` is in seconds, for one request.

    ``clock`` gives seconds for the breaker, which refuses calls for half a minute after five
    failures in a row.
    """

    def __init__(
        self,
        *,
        api_key: str,
        model: str = "gemini-embedding-001",
        dimensions: int = 768,
        base_url: str | None = None,
        timeout: float = 30,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        import httpx
        from google import genai
        from google.genai import types

        self._http = httpx.AsyncClient(timeout=timeout)
        self._client: genai.Client = genai.Client(
            api_key=api_key,
            http_options=types.HttpOptions(
                base_url=base_url, timeout=int(timeout * 1_000), httpx_async_client=self._http
            ),
        )
        self._model = model or "gemini-embedding-001"
        self._timeout = timeout
        self._clock = clock
        self._breaker = Breaker()
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
            vectors[rows] = await self._batch([texts[row] for row in rows])
        return vectors

    async def close(self) -> None:
        """Release connections."""
        await self._client.aio.aclose()
        await self._http.aclose()

    async def _batch(self, texts: list[str]) -> Vector:
        async for attempt in stamina.retry_context(
            on=_wait, attempts=ATTEMPTS, timeout=120, wait_initial=0.5, wait_max=10
        ):
            with attempt:
                return await self._guarded(texts)
        raise AssertionError("stamina returns or raises")

    async def _guarded(self, texts: list[str]) -> Vector:
        """One request, unless the breaker is open."""
        if left := self._breaker.opens_in(self._clock()):
            raise Unavailable(
                f"Gemini is failing; not asked again for {left:.0f} s.", retry_after=left
            )
        self._breaker = self._breaker.try_now()
        try:
            vectors = await self._ask(texts)
        except Unavailable as error:
            # Being told to wait is an answer: only silence and breakage count.
            told = error.retry_after is not None
            now = self._clock()
            self._breaker = self._breaker.succeeded() if told else self._breaker.broke(now)
            raise
        except BaseException as error:
            refused = isinstance(error, Rejected)
            self._breaker = self._breaker.succeeded() if refused else self._breaker.abandoned()
            raise
        self._breaker = self._breaker.succeeded()
        return vectors

    async def _ask(self, texts: list[str]) -> Vector:
        import httpx
        from google.genai import errors, types

        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._client.aio.models.embed_content(
                    model=self._model,
                    contents=[types.Content(parts=[types.Part(text=text)]) for text in texts],
                    config=types.EmbedContentConfig(
                        task_type="CLUSTERING", output_dimensionality=self.dimensions
                    ),
                )
        except errors.APIError as error:
            raise _meaning(error) from error
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise Unavailable(f"Gemini cannot be reached ({type(error).__name__}).") from error
        except (ValueError, TypeError, KeyError) as error:  # json and pydantic raise ValueErrors
            raise Unavailable("Gemini answered something unreadable.") from error
        return self._unit([e.values or [] for e in answer.embeddings or []], len(texts))

    def _unit(self, rows: list[list[float]], expected: int) -> Vector:
        if len(rows) != expected:
            raise Rejected(f"Gemini gave {len(rows)} vectors for {expected} texts.")
        if any(len(row) != self.dimensions for row in rows):
            raise Rejected(f"Gemini gave vectors that are not {self.dimensions} wide.")
        vectors = np.asarray(rows, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise Unavailable("Gemini gave a vector without direction.")
        unit: Vector = vectors / lengths
        return unit


def _meaning(error: Any) -> UpstreamError:
    """Our word for the SDK's error."""
    if error.code == 429 or error.code >= 500:
        said = f"Gemini answered {error.code} {error.status or ''}".strip()
        return Unavailable(f"{said}; try again.", retry_after=_retry_after(error.details))
    return Rejected(f"Gemini refused ({error.code}): {error.message}"[:300], status=error.code)


def _retry_after(details: Any) -> float | None:
    """Seconds of google.rpc.RetryInfo, https://google.aip.dev/193, when the answer has one."""
    try:
        found = details["error"]["details"]
    except (KeyError, TypeError):
        return None
    for detail in found if isinstance(found, list) else ():
        if isinstance(detail, dict) and str(detail.get("@type", "")).endswith("RetryInfo"):
            match = _SECONDS.match(str(detail.get("retryDelay", "")))
            return float(match[1]) if match else None
    return None


def _wait(error: Exception) -> bool | float:
    """Whether to try again; a number of seconds when the service named one."""
    if not isinstance(error, Unavailable):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= PATIENCE else False
