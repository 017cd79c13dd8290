"""How hosted services are asked: within a breaker, with patience, and with our errors; their SDKs'
own retries are off, as they know neither our breakers nor how long a job may wait. And what the
adapters of one wire share: a client, what its errors mean, when to ask again."""

from __future__ import annotations

import asyncio
import re
import ssl
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import override

from bot.domain.errors import Rejected, Unavailable, UpstreamError
from bot.domain.ports import Guard
from bot.domain.secrets import redact
from bot.retrying import retried, retry_after

if TYPE_CHECKING:
    from google import genai
    from google.genai.models import AsyncModels

ATTEMPTS = 5
PATIENCE = 20.0  # seconds of waiting in place; for longer the job goes back on the list

T = TypeVar("T")


@cache
def trusted() -> ssl.SSLContext:
    """Whose certificates are believed. Reading the list takes 50 ms of CPU: clients share it."""
    import httpx

    return httpx.create_ssl_context()


class Hosted(ABC):
    """A service's client, asked within ``guard``. ``timeout`` is in seconds, for one request, and
    ``patience`` how long one call may wait."""

    attempts, longest, first = ATTEMPTS, PATIENCE, 0.5

    def __init__(self, service: str, *, timeout: float, guard: Guard, patience: float) -> None:
        self.service = service
        self._timeout, self._guard, self._patience = timeout, guard, patience

    async def ask(self, request: Callable[[], Awaitable[T]]) -> T:
        """The answer to ``request``, a call of the SDK. Raises Unavailable or Rejected."""
        async with self._guard():
            return await retried(
                lambda: self._translated(request),
                attempts=self.attempts,
                longest=self.longest,
                first=self.first,
                total=self._patience,
            )

    async def _translated(self, request: Callable[[], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._timeout):
                return await request()
        except (TimeoutError, OSError) as error:
            raise self._unreachable(error) from error
        except Exception as error:
            if meant := self._meaning(error):
                raise meant from error
            if isinstance(error, (ValueError, TypeError, KeyError)):  # as json and pydantic raise
                raise self.unreadable() from error
            raise

    def _unreachable(self, error: Exception) -> Unavailable:
        return Unavailable(f"{self.service} cannot be reached ({type(error).__name__}).")

    def unreadable(self) -> Unavailable:
        """What it answered is none of what it documents."""
        return Unavailable(f"{self.service} answered something unreadable.")

    @abstractmethod
    def _meaning(self, error: Exception) -> UpstreamError | None:
        """Our word for the SDK's error; None for what is none of it."""


# Left alone the SDK asks ``v1``, whose published description knows neither schemas of answers nor
# system instructions: https://pypi.org/project/google-ai-generativelanguage/ 0.12
VERSION = "v1beta"
_SECONDS = re.compile(r"^(\d+(?:\.\d+)?)s$")


class GeminiWire(Hosted):
    """Gemini's SDK. It ignores what a 429 says about when to come back, so we do the waiting."""

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


ADDRESS = "https://api.openai.com/v1"


class OpenAIWire(Hosted):
    """OpenAI's SDK; ``service`` is whose server it is: many speak its wire, and few all of it.
    https://platform.openai.com/docs/api-reference"""

    def __init__(
        self,
        *,
        service: str,
        api_key: str,
        base_url: str,
        timeout: float,
        guard: Guard = nullcontext,
        patience: float = 120,
    ) -> None:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        super().__init__(service, timeout=timeout, guard=guard, patience=patience)
        # What is left alone is read from the environment, which is read in one place only.
        self.client: AsyncOpenAI = AsyncOpenAI(
            api_key=api_key or "none",  # servers of one's own ask for none
            organization="",
            project="",
            admin_api_key="",
            webhook_secret="",
            base_url=base_url or ADDRESS,
            max_retries=0,
            timeout=timeout,
            http_client=DefaultAsyncHttpxClient(verify=trusted()),
        )
        self.client.organization = self.client.project = None

    async def close(self) -> None:
        await self.client.close()

    @override
    def _meaning(self, error: Exception) -> UpstreamError | None:
        """https://platform.openai.com/docs/guides/error-codes"""
        import openai

        if isinstance(error, openai.APIConnectionError):
            return self._unreachable(error)
        if not isinstance(error, openai.APIStatusError):
            is_of_it = isinstance(error, openai.OpenAIError)
            return self.unreadable() if is_of_it else None
        status = error.status_code
        if error.code == "insufficient_quota":  # told as a 429, and no wait helps
            return Rejected(f"{self.service} has no credit left for this key.", status=402)
        if status in (408, 409, 429) or status >= 500:
            wait = retry_after(error.response.headers)
            return Unavailable(f"{self.service} answered {status}; try again.", retry_after=wait)
        body = error.body if isinstance(error.body, dict) else {}
        said = redact(str(body.get("message") or error.message))
        return Rejected(f"{self.service} refused ({status}): {said}"[:300], status=status)
