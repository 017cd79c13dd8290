"""What the Gemini adapters share: a client, what its errors mean, and when to ask again.

The SDK retries nothing by default and ignores what a 429 says about when to come back, so
waiting is done here. A breaker refuses calls for half a minute after five failures in a row.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from bot.domain.breaker import Breaker
from bot.domain.errors import Rejected, Unavailable, UpstreamError
from bot.retrying import retried

if TYPE_CHECKING:
    from google import genai
    from google.genai.models import AsyncModels

ATTEMPTS = 5
PATIENCE = 20.0  # seconds of waiting in place; for longer the job goes back on the list
_SECONDS = re.compile(r"^(\d+(?:\.\d+)?)s$")

T = TypeVar("T")


class GeminiWire:
    """The SDK's client, asked with patience. ``timeout`` is in seconds, for one request.

    ``clock`` gives seconds for the breaker, ``patience`` is how many of them one call may wait.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
        patience: float = 120,
    ) -> None:
        import httpx
        from google import genai
        from google.genai import types

        # Left alone, the SDK inherits from aiohttp's session, which aiohttp warns of.
        self._http = httpx.AsyncClient(timeout=timeout)
        options = types.HttpOptions(
            base_url=base_url or None,
            timeout=int(timeout * 1_000),
            httpx_async_client=self._http,
        )
        self._client: genai.Client = genai.Client(api_key=api_key, http_options=options)
        self._timeout, self._clock, self._patience = timeout, clock, patience
        self._breaker = Breaker()

    @property
    def models(self) -> AsyncModels:
        """The calls of the SDK, to be made within ``ask``."""
        return self._client.aio.models

    async def close(self) -> None:
        """Release connections."""
        await self._client.aio.aclose()
        await self._http.aclose()

    async def ask(self, request: Callable[[], Awaitable[T]]) -> T:
        """The answer to ``request``, a call of the SDK. Raises Unavailable or Rejected."""
        return await retried(
            lambda: self._guarded(request),
            attempts=ATTEMPTS,
            longest=PATIENCE,
            first=0.5,
            total=self._patience,
        )

    async def _guarded(self, request: Callable[[], Awaitable[T]]) -> T:
        """One request, unless the breaker is open."""
        if left := self._breaker.opens_in(self._clock()):
            raise Unavailable(
                f"Gemini is failing; not asked again for {left:.0f} s.", retry_after=left
            )
        self._breaker = self._breaker.try_now()
        try:
            answer = await self._translated(request)
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
        return answer

    async def _translated(self, request: Callable[[], Awaitable[T]]) -> T:
        """One request; the SDK's errors become ours."""
        import httpx
        from google.genai import errors

        try:
            async with asyncio.timeout(self._timeout):
                return await request()
        except errors.APIError as error:
            raise _meaning(error) from error
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise Unavailable(f"Gemini cannot be reached ({type(error).__name__}).") from error
        except (ValueError, TypeError, KeyError) as error:  # json and pydantic raise ValueErrors
            raise Unavailable("Gemini answered something unreadable.") from error


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
