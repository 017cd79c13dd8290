"""What the Gemini adapters share: a client, what its errors mean, and when to ask again.

The SDK retries nothing by default and ignores what a 429 says about when to come back, so
waiting is done here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from bot.domain.errors import Rejected, Unavailable, UpstreamError
from bot.domain.ports import Guard
from bot.retrying import retried

if TYPE_CHECKING:
    from google import genai
    from google.genai.models import AsyncModels

# Left alone the SDK asks ``v1``, whose published description knows neither schemas of answers nor
# system instructions: https://pypi.org/project/google-ai-generativelanguage/ 0.12
VERSION = "v1beta"
ATTEMPTS = 5
PATIENCE = 20.0  # seconds of waiting in place; for longer the job goes back on the list
_SECONDS = re.compile(r"^(\d+(?:\.\d+)?)s$")

T = TypeVar("T")


class GeminiWire:
    """The SDK's client, asked with patience within ``guard``.

    ``timeout`` is in seconds, for one request, and ``patience`` how long one call may wait.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None,
        timeout: float,
        guard: Guard = nullcontext,
        patience: float = 120,
    ) -> None:
        import httpx
        from google import genai
        from google.genai import types

        # Left alone, the SDK inherits from aiohttp's session, which aiohttp warns of.
        self._http = httpx.AsyncClient(timeout=timeout)
        options = types.HttpOptions(
            base_url=base_url or None,
            api_version=VERSION,
            timeout=int(timeout * 1_000),
            httpx_async_client=self._http,
        )
        self._client: genai.Client = genai.Client(api_key=api_key, http_options=options)
        self._timeout, self._guard, self._patience = timeout, guard, patience

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
        async with self._guard():
            return await retried(
                lambda: self._translated(request),
                attempts=ATTEMPTS,
                longest=PATIENCE,
                first=0.5,
                total=self._patience,
            )

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
