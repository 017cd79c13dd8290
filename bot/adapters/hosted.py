"""How hosted services are asked: within a breaker, with patience, and with our errors.

Their SDKs' own retries are off: they know neither our breakers nor how long a job may wait."""

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TypeVar

from bot.domain.errors import Unavailable, UpstreamError
from bot.domain.ports import Guard
from bot.retrying import retried

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

    def __init__(self, service: str, *, timeout: float, guard: Guard, patience: float) -> None:
        self.service = service
        self._timeout, self._guard, self._patience = timeout, guard, patience

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
