"""One connection to GitHub's REST API: retries, rate limits, and never a token to another host.
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api"""

import re
import time
import urllib.parse
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import aiohttp
import gidgethub
import gidgethub.aiohttp

from bot.domain.errors import KeptOut, Rejected, TooLarge, Unavailable
from bot.domain.ports import Guard
from bot.retrying import retried, retry_after
from bot.storage.budget import Budget

USER_AGENT = "soulcaster"
API_VERSION = "2022-11-28"
_READS = {"GET", "HEAD"}
# Sending one of these twice is sending it once.
_REPEATABLE = {*_READS, "PUT", "DELETE", "PATCH"}
# A 403 of these words is about us, not about what was asked for: people can mend it.
_KEPT_OUT = re.compile("suspended|IP allow list|SAML", re.IGNORECASE)
# Until then it is asked again every so many seconds.
KEPT_OUT_SECONDS = 300.0
# GitHub's lists may lag behind its writes: until then nobody looks for what may have been written.
_UNKNOWN_SECONDS = 5.0
# What GitHub keeps on other hosts, and leads to.
_ELSEWHERE = re.compile(r"/tarball/|/actions/jobs/\d+/logs$")
# What GitHub says of the limits that it does not count out loud.
_SECONDARY = re.compile(b"secondary rate limit|abuse detection", re.IGNORECASE)
# With a larger share of the hour's requests left nobody has to hold back.
_PLENTY = 0.5
# A limit that is over in so many seconds is waited for in place.
_PATIENCE = 1.0

T = TypeVar("T")
Answer = tuple[int, Mapping[str, str], bytes]


class ETagCache(OrderedDict[str, Any]):
    """ETag cache of one installation: the newest 2,000 answers."""

    def __setitem__(self, key: str, value: Any) -> None:
        if "since=" in key:
            return  # what was changed since is large, and asked for once
        if "recursive=" in key and len(value[2]["tree"]) > 10_000:
            return  # megabytes that few ask for
        super().__setitem__(key, value)
        if len(self) > 2_000:
            self.popitem(last=False)


class Wire(gidgethub.aiohttp.GitHubAPI):
    """gidgethub, with what it leaves to its users, within a budget and a breaker. ``repository`` is
    the id of the one that is followed when it has another name by now."""

    def __init__(
        self, *args: Any, budget: Budget, guard: Guard, repository: int = 0, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._budget, self._guard, self._repository = budget, guard, repository

    async def redirected(self, path: str) -> str:
        """Where GitHub sends who asks for ``path``: another host, that our token does not go to."""
        try:
            await self.getitem(path)
        except gidgethub.RedirectionException as moved:
            if moved.status_code == 302:
                return moved.headers["location"]
            raise
        raise Unavailable(f"GitHub gave no address for {path}.")

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Answer:
        """Ask; of a repository with another name by now, where GitHub points to by its id.

        https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
        """
        answer = await self._send(method, url, headers, body)
        there = moved_to(*answer[:2], self.base_url, self._repository)
        return await self._send(method, there, headers, body) if there else answer

    async def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if urllib.parse.urlsplit(url)[:2] != urllib.parse.urlsplit(self.base_url)[:2]:
            raise Rejected(f"GitHub pointed us to another host ({url}); the token stays here.")
        headers = {**headers, "x-github-api-version": API_VERSION}
        try:
            async with self._guard():
                return await retried(
                    partial(self._once, method, url, headers, body),
                    attempts=4 if method in _REPEATABLE else 1,
                    longest=_PATIENCE,
                    first=0.3,
                    total=25,
                )
        except Unavailable as error:
            if error.retry_after is None and method not in _REPEATABLE:
                error.retry_after = _UNKNOWN_SECONDS
            raise

    async def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One request. Raises Unavailable where GitHub fails or tells us to wait."""
        content = method not in _READS
        async with self._budget.spend(content=content, points=5 if content else 1) as request:
            try:
                async with self._session.request(
                    method,
                    url,
                    headers=headers,
                    data=body,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=30),
                ) as response:
                    _require_github(response)
                    status, answered, said = (
                        response.status,
                        response.headers,
                        await response.read(),
                    )
            except (aiohttp.ClientError, TimeoutError) as error:
                raise Unavailable(f"GitHub cannot be reached ({type(error).__name__}).") from error
            if status >= 500:
                raise Unavailable(f"GitHub is failing ({status}).")
            if (left := share_left(answered)) < _PLENTY:
                reset = float(answered.get("x-ratelimit-reset", 0))
                await self._budget.heard(left, reset - time.time())
            limited = is_limit(status, answered, said)
            if limited or answered.get("x-ratelimit-remaining") == "0":
                too_many = limited and content and bool(_SECONDARY.search(said))
                wait = await self._budget.told(request, wait_of(answered), too_many=too_many)
                if limited:
                    raise Unavailable("GitHub's rate limit is used up.", retry_after=wait)
            return status, answered, said


def moved_to(status: int, headers: Mapping[str, str], base_url: str, repository: int) -> str:
    """Where the same repository is found by its id; "" for every other answer."""
    there = headers.get("location", "")
    root = f"{base_url}/repositories/{repository}"
    same = there == root or there.startswith((f"{root}/", f"{root}?"))
    return there if status in (301, 307, 308) and same else ""


def _require_github(response: aiohttp.ClientResponse) -> None:
    """Raises Unavailable for a web page: GitHub's API has none, but a proxy before it has. GitHub's
    own pages for its failures (5xx) are left to whoever handles failures, and the empty one that
    leads to a tarball or a log is no page."""
    leads_on = response.status == 302 and bool(_ELSEWHERE.search(response.url.path))
    if response.content_type == "text/html" and response.status < 500 and not leads_on:
        raise Unavailable(
            f"Something between us and GitHub answers with a web page ({response.status})."
        )


def share_left(headers: Mapping[str, str]) -> float:
    """Which share of the hour's requests is left; 1 where GitHub does not say."""
    limit = int(headers.get("x-ratelimit-limit", 0))
    return int(headers.get("x-ratelimit-remaining", 0)) / limit if limit else 1.0


def is_limit(status: int, headers: Mapping[str, str], said: bytes = b"") -> bool:
    """Whether a rate limit is what GitHub says no for.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""
    return status in (403, 429) and (
        status == 429
        or "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or bool(_SECONDARY.search(said))
    )


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds that a rate limit asks for; None where it names none."""
    if (wait := retry_after(headers)) is None and headers.get("x-ratelimit-remaining") == "0":
        wait = max(1.0, float(headers.get("x-ratelimit-reset", 0)) - time.time())
    return wait


async def fetch(
    session: aiohttp.ClientSession, url: str, max_bytes: int, *checks: aiohttp.ClientMiddlewareType
) -> bytes:
    """A file that GitHub keeps on another host, asked for without a token. ``checks`` see every
    request, also where it is led on to. Raises TooLarge over ``max_bytes``, Rejected or
    Unavailable."""
    headers, timeout = {"user-agent": USER_AGENT}, aiohttp.ClientTimeout(total=300)
    try:
        async with session.get(
            url, headers=headers, timeout=timeout, middlewares=checks
        ) as response:
            if response.status != 200:
                said, status = f"GitHub refused the file ({response.status}).", response.status
                raise Unavailable(said) if status >= 500 else Rejected(said, status=status)
            data = bytearray()
            async for chunk in response.content.iter_chunked(1 << 16):
                data += chunk
                if len(data) > max_bytes:
                    raise TooLarge(f"What GitHub sends is over {max_bytes // 1_000_000} MB.")
            return bytes(data)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unavailable(f"GitHub cannot be reached ({type(error).__name__}).") from error


async def unless_refused(answer: Awaitable[T], *statuses: int, saying: str = "") -> T | None:
    """The answer; None where GitHub refuses with one of ``statuses``, in words that hold
    ``saying``. Raises what else there is."""
    try:
        return await answer
    except Rejected as error:
        if error.status in statuses and saying in str(error):
            return None
        raise


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """gidgethub's exceptions as ours: a refusal of us is no fact about them, and is asked again."""
    try:
        yield
    except gidgethub.HTTPException as error:
        if error.status_code == 401:
            raise KeptOut(f"GitHub does not know us: {error} (401).") from error
        if error.status_code == 403 and _KEPT_OUT.search(str(error)):
            raise Unavailable(
                f"GitHub keeps us out: {error} (403).", retry_after=KEPT_OUT_SECONDS
            ) from error
        raise Rejected(
            f"GitHub refused: {error} ({error.status_code.value}).", status=error.status_code.value
        ) from error
