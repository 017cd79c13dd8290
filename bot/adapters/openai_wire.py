"""What the adapters of OpenAI's wire share: a client, what its errors mean, and when to ask again.

Many servers speak it, https://platform.openai.com/docs/api-reference, and few of them all of it.
The SDK's own retries are off: they know neither our breakers nor how long a job may wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

from bot.domain.errors import Rejected, Unavailable, UpstreamError
from bot.domain.ports import Guard
from bot.retrying import retried, retry_after

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

ADDRESS = "https://api.openai.com/v1"
ATTEMPTS = 5
PATIENCE = 20.0  # seconds of waiting in place; for longer the job goes back on the list

T = TypeVar("T")


class OpenAIWire:
    """The SDK's client, asked with patience within ``guard``; ``service`` is whose server it is.

    ``timeout`` is in seconds, for one request, and ``patience`` how long one call may wait.
    """

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
        from openai import AsyncOpenAI

        self.client: AsyncOpenAI = AsyncOpenAI(
            api_key=api_key or "none",  # servers of one's own ask for none
            base_url=base_url or ADDRESS,
            max_retries=0,
            timeout=timeout,
            # Left alone, these are read from the environment, which is read in one place only.
            organization="",
            project="",
            admin_api_key="",
            webhook_secret="",
        )
        self.client.organization = self.client.project = None
        self._service, self._timeout = service, timeout
        self._guard, self._patience = guard, patience

    async def close(self) -> None:
        """Release connections."""
        await self.client.close()

    async def ask(self, request: Callable[[], Awaitable[T]], kind: type[T]) -> T:
        """The answer to ``request``, a call of the SDK that gives a ``kind``.

        Raises Unavailable or Rejected.
        """
        async with self._guard():
            return await retried(
                lambda: self._translated(request, kind),
                attempts=ATTEMPTS,
                longest=PATIENCE,
                first=0.5,
                total=self._patience,
            )

    async def _translated(self, request: Callable[[], Awaitable[T]], kind: type[T]) -> T:
        """One request; the SDK's errors become ours."""
        import openai

        service = self._service
        try:
            async with asyncio.timeout(self._timeout):
                got = await request()
        except openai.APIStatusError as error:
            raise _meaning(service, error) from error
        except (openai.APIConnectionError, TimeoutError, OSError) as error:
            raise Unavailable(f"{service} cannot be reached ({type(error).__name__}).") from error
        except (openai.OpenAIError, ValueError, TypeError, KeyError) as error:
            raise Unavailable(f"{service} answered something unreadable.") from error
        if not isinstance(got, kind):  # of what is no JSON the SDK gives the text
            raise Unavailable(f"{service} answered something unreadable.")
        return got


def _meaning(service: str, error: APIStatusError) -> UpstreamError:
    """Our word for the SDK's error. https://platform.openai.com/docs/guides/error-codes"""
    status = error.status_code
    if error.code == "insufficient_quota":  # told as a 429, and no wait helps
        return Rejected(f"{service} has no credit left for this key.", status=402)
    if status in (408, 409, 429) or status >= 500:
        wait = retry_after(error.response.headers)
        return Unavailable(f"{service} answered {status}; try again.", retry_after=wait)
    body = error.body if isinstance(error.body, dict) else {}
    said = str(body.get("message") or error.message)
    return Rejected(f"{service} refused ({status}): {said}"[:300], status=status)
