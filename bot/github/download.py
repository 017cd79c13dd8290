"""Files that GitHub keeps on another host, which must not see our token."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp

from bot.domain.errors import Rejected, TooLarge, Unavailable
from bot.github.wire import API_VERSION, USER_AGENT, is_limit, moved_to, wait_of

_TIMEOUT = aiohttp.ClientTimeout(total=300)


async def fetch(
    session: aiohttp.ClientSession,
    base_url: str,
    path: str,
    token: str,
    repository: int,
    max_bytes: int,
) -> bytes:
    """What ``path`` redirects to; a repository with another name by now is found by its id.

    Raises TooLarge over ``max_bytes``, Rejected (401: the token is no good), Unavailable.
    """
    headers = {
        "authorization": f"Bearer {token}",
        "user-agent": USER_AGENT,
        "accept": "application/vnd.github+json",
        "x-github-api-version": API_VERSION,
    }
    try:
        status, answered = await _ask(session, base_url + path, headers)
        if there := moved_to(status, answered, base_url, repository):
            status, answered = await _ask(session, there, headers)
        if is_limit(status, answered):
            wait = wait_of(answered)
            raise Unavailable(
                "GitHub's rate limit is used up.", retry_after=60.0 if wait is None else wait
            )
        if status != 302:
            raise _refused(f"GitHub has no tarball for {path} ({status}).", status)
        async with session.get(
            answered["location"], headers={"user-agent": USER_AGENT}, timeout=_TIMEOUT
        ) as response:
            if response.status != 200:
                raise _refused(f"GitHub refused the tarball ({response.status}).", response.status)
            data = bytearray()
            async for chunk in response.content.iter_chunked(1 << 16):
                data += chunk
                if len(data) > max_bytes:
                    raise TooLarge(f"The repository is over {max_bytes // 1_000_000} MB.")
            return bytes(data)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unavailable(f"GitHub cannot be reached ({type(error).__name__}).") from error


async def _ask(
    session: aiohttp.ClientSession, url: str, headers: Mapping[str, str]
) -> tuple[int, Mapping[str, str]]:
    async with session.get(url, headers=headers, allow_redirects=False, timeout=_TIMEOUT) as answer:
        return answer.status, answer.headers


def _refused(message: str, status: int) -> Rejected | Unavailable:
    return Unavailable(message) if status >= 500 else Rejected(message, status=status)
