"""One connection to GitHub's REST API: retries, rate limits, and never a token to another host.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

import asyncio
import re
import time
import urllib.parse
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import gidgethub
import gidgethub.aiohttp
import stamina

from bot.domain.errors import Rejected, Unavailable
from bot.retrying import retry_after

USER_AGENT = "soulcaster"
API_VERSION = "2022-11-28"
# Sending one of these twice is sending it once.
_REPEATABLE = {"GET", "HEAD", "PUT", "DELETE", "PATCH"}
# A 403 of these words is about us, not about what was asked for: people can mend it.
_KEPT_OUT = re.compile("suspended|IP allow list|SAML", re.IGNORECASE)
# Until then it is asked again every so many seconds.
KEPT_OUT_SECONDS = 300.0
# GitHub's lists may lag behind its writes: until then nobody looks for what may have been written.
_UNKNOWN_SECONDS = 5.0
# What a job may wait in place; for longer it goes back on the list and leaves the worker free.
_PATIENCE = 10.0

Pause = Callable[[float], Awaitable[object]]


class ETagCache(OrderedDict[str, Any]):
    """ETag cache of one installation: the newest 2,000 answers."""

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        if len(self) > 2_000:
            self.popitem(last=False)


class Wire(gidgethub.aiohttp.GitHubAPI):
    """gidgethub, with what it leaves to its users; ``pause`` is how it waits, in seconds.

    ``repository`` is the id of the one that is followed when it has another name by now.
    """

    def __init__(
        self, *args: Any, pause: Pause = asyncio.sleep, repository: int = 0, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._pause = pause
        self._repository = repository

    async def sleep(self, seconds: float) -> None:
        """Wait before going again."""
        await self._pause(seconds)

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Ask; of a repository with another name by now, where GitHub points to by its id.

        https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
        """
        answer = await self._send(method, url, headers, body)
        there = moved_to(*answer[:2], self.base_url, self._repository)
        return await self._send(method, there, headers, body) if there else answer

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        if urllib.parse.urlsplit(url)[:2] != urllib.parse.urlsplit(self.base_url)[:2]:
            raise Rejected(f"GitHub pointed us to another host ({url}); the token stays here.")
        headers = {**headers, "x-github-api-version": API_VERSION}
        attempts = 3 if method in _REPEATABLE else 1
        try:
            async for attempt in stamina.retry_context(
                on=(aiohttp.ClientError, TimeoutError), attempts=attempts, wait_initial=0.2
            ):
                with attempt:
                    async with self._session.request(
                        method,
                        url,
                        headers=headers,
                        data=body,
                        allow_redirects=False,
                        timeout=aiohttp.ClientTimeout(total=30),
                    ) as response:
                        _require_github(response)
                        return response.status, response.headers, await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(
                f"GitHub cannot be reached ({type(error).__name__}).",
                retry_after=None if method in _REPEATABLE else _UNKNOWN_SECONDS,
            ) from error
        raise AssertionError("stamina returns or raises")

    async def handle_rate_limit_error(
        self, *, method: str, url: str, exception: gidgethub.HTTPException, attempt: int
    ) -> bool:
        """Wait and go again when the wait is short; longer ones are the job runner's."""
        if attempt >= 4:
            return False
        if exception.status_code >= 500:
            if method not in _REPEATABLE:
                return False
            await self.sleep(0.3 * 2**attempt)
            return True
        wait = asked_to_wait(exception)
        if wait is None or wait > _PATIENCE:
            return False
        await self.sleep(wait)
        return True


def moved_to(status: int, headers: Mapping[str, str], base_url: str, repository: int) -> str:
    """Where the same repository is found by its id; "" for every other answer."""
    there = headers.get("location", "")
    root = f"{base_url}/repositories/{repository}"
    same = there == root or there.startswith((f"{root}/", f"{root}?"))
    return there if status in (301, 307, 308) and same else ""


def _require_github(response: aiohttp.ClientResponse) -> None:
    """Raises Unavailable for a web page: GitHub's API has none, but a proxy before it has.

    GitHub's own pages for its failures (5xx) are left to whoever handles failures.
    """
    if response.content_type == "text/html" and response.status < 500:
        raise Unavailable(
            f"Something between us and GitHub answers with a web page ({response.status})."
        )


def asked_to_wait(error: gidgethub.HTTPException) -> float | None:
    """Seconds a rate limit asks for; None when the error is no rate limit.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    if error.status_code not in (403, 429):
        return None
    if (wait := retry_after(error.headers)) is not None:
        return wait
    if error.headers.get("x-ratelimit-remaining") == "0":
        return max(1.0, float(error.headers.get("x-ratelimit-reset", 0)) - time.time())
    if error.status_code == 429 or "secondary rate limit" in str(error):
        return 60.0
    return None


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """gidgethub's exceptions as ours: a refusal of us is no fact about them, and is asked again."""
    try:
        yield
    except gidgethub.HTTPException as error:
        wait = asked_to_wait(error)
        if wait is not None:
            raise Unavailable("GitHub's rate limit is used up.", retry_after=wait) from error
        if error.status_code >= 500:
            raise Unavailable(
                f"GitHub is failing ({error.status_code.value}).", retry_after=_UNKNOWN_SECONDS
            ) from error
        if error.status_code == 401:
            raise Unavailable(f"GitHub does not know us: {error} (401).") from error
        if error.status_code == 403 and _KEPT_OUT.search(str(error)):
            raise Unavailable(
                f"GitHub keeps us out: {error} (403).", retry_after=KEPT_OUT_SECONDS
            ) from error
        raise Rejected(
            f"GitHub refused: {error} ({error.status_code.value}).", status=error.status_code.value
        ) from error
