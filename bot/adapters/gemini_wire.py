"""What the Gemini adapters share: a client, what its errors mean, and when to ask again.

The SDK ignores what a 429 says about when to come back, so waiting is done by us."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from bot.adapters.hosted import Hosted, trusted
from bot.domain.errors import Rejected, Unavailable, UpstreamError
from bot.domain.ports import Guard

if TYPE_CHECKING:
    from google import genai
    from google.genai.models import AsyncModels

# Left alone the SDK asks ``v1``, whose published description knows neither schemas of answers nor
# system instructions: https://pypi.org/project/google-ai-generativelanguage/ 0.12
VERSION = "v1beta"
_SECONDS = re.compile(r"^(\d+(?:\.\d+)?)s$")


class GeminiWire(Hosted):
    """The SDK's client."""

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

        super().__init__("Gemini", timeout=timeout, guard=guard, patience=patience)
        # Left alone, the SDK inherits from aiohttp's session, which aiohttp warns of.
        self._http = httpx.AsyncClient(timeout=timeout, verify=trusted())
        options = types.HttpOptions(
            base_url=base_url or None,
            api_version=VERSION,
            timeout=int(timeout * 1_000),
            httpx_async_client=self._http,
            client_args={"verify": trusted()},
            async_client_args={"ssl": trusted()},
        )
        self._client: genai.Client = genai.Client(api_key=api_key, http_options=options)

    @property
    def models(self) -> AsyncModels:
        """The calls of the SDK, to be made within ``ask``."""
        return self._client.aio.models

    async def close(self) -> None:
        """Release connections."""
        await self._client.aio.aclose()
        await self._http.aclose()

    @override
    def _meaning(self, error: Exception) -> UpstreamError | None:
        import httpx
        from google.genai import errors

        if isinstance(error, httpx.HTTPError):
            return self._unreachable(error)
        if not isinstance(error, errors.APIError):
            return None
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
