"""Reddit's listings, as Reddit wants to be asked: who we are, and not too often.
https://support.reddithelp.com/hc/en-us/articles/16160319875092 · https://www.reddit.com/dev/api"""

import time
from collections.abc import Mapping
from typing import Any, Literal

import aiohttp

from bot.domain.errors import Rejected, Unavailable
from bot.domain.ports import Guard
from bot.retrying import retry_after
from bot.storage.budget import Budget, Limit
from bot.storage.scripts import Scripts

# Requests a minute with keys of ours and without, short of what Reddit allows (100 and 10).
WITH_KEYS, WITHOUT = 90, 9
_TIMEOUT = aiohttp.ClientTimeout(total=30)


class Reddit:
    """Reads with ``keys`` (an app's id and secret) as that app, without them as anybody."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        scripts: Scripts,
        guard: Guard,
        *,
        keys: tuple[str, str],
        user_agent: str,
        urls: tuple[str, str],
        patience: float = 70,
    ) -> None:
        self._session, self._guard, self._keys = session, guard, keys
        self._headers = {"User-Agent": user_agent}
        self._url, self._api_url = (url.rstrip("/") for url in urls)
        most = WITH_KEYS if keys[0] else WITHOUT
        # A minute's turn is waited for in place: what was read so far would be lost.
        limit = (Limit(60, most),)
        self._budget = Budget(scripts, "Reddit", keys[0], points=limit, patience=patience)
        self._token, self._good_until = "", 0.0

    async def newest(
        self, subreddit: str, what: Literal["new", "comments"], after: str = ""
    ) -> Any:
        """A listing of up to 100 posts or comments, newest first, those older than ``after``.
        Raises Unavailable, and Rejected where there is nothing to be read, with the reason."""
        query = {"limit": "100", "raw_json": "1", "after": after}
        path, headers = f"/r/{subreddit}/{what}", self._headers
        async with self._guard():
            if not self._keys[0]:
                return await self._ask("GET", f"{self._url}{path}.json", headers, params=query)
            if time.monotonic() >= self._good_until:
                await self._log_in()
            headers = {**headers, "Authorization": f"Bearer {self._token}"}
            return await self._ask("GET", f"{self._api_url}{path}", headers, params=query)

    async def _log_in(self) -> None:
        """https://github.com/reddit-archive/reddit/wiki/OAuth2#application-only-oauth"""
        made = await self._ask(
            "POST",
            f"{self._url}/api/v1/access_token",
            {**self._headers, "Authorization": aiohttp.encode_basic_auth(*self._keys)},
            data={"grant_type": "client_credentials"},
        )
        self._token = str(made["access_token"])
        self._good_until = time.monotonic() + 0.9 * float(made["expires_in"])

    async def _ask(self, how: str, url: str, headers: Mapping[str, str], **what: Any) -> Any:
        async with self._budget.spend(content=False) as request:
            try:
                async with self._session.request(
                    how, url, headers=headers, allow_redirects=False, timeout=_TIMEOUT, **what
                ) as response:
                    status, said = response.status, response.headers
                    is_json = response.content_type == "application/json"
                    answer = await response.json() if is_json else None
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                raise Unavailable(f"Reddit cannot be reached ({type(error).__name__}).") from error
            if status == 429 or float(said.get("x-ratelimit-remaining", 1)) < 1:
                wait = retry_after(said) or float(said.get("x-ratelimit-reset", 60))
                await self._budget.told(request, wait)
                if status == 429:
                    raise Unavailable("Reddit has us wait.", retry_after=wait)
        if status == 401:
            self._good_until = 0
        if status >= 500:
            raise Unavailable(f"Reddit is failing ({status}).")
        if status != 200 or answer is None:
            raise Rejected(_why(status, answer), status=status)
        return answer


def _why(status: int, answer: Any) -> str:
    """https://github.com/reddit-archive/reddit/blob/master/r2/r2/lib/errors.py"""
    reason = str(answer.get("reason") or "") if isinstance(answer, dict) else ""
    if reason in ("private", "banned", "quarantined", "gated"):
        return f"it is {reason}"
    if status in (302, 404):
        return "there is no such subreddit"
    if status == 401:
        return "Reddit does not take REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET"
    return f"Reddit refuses us ({status}): an app of its own (REDDIT_CLIENT_ID) may be needed"
