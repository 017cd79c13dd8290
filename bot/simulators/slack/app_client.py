"""Slack's side of a request to our app: signed, and impatient.

Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp


@dataclass(frozen=True)
class Answer:
    """What the app answered in time."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def ok(self) -> bool:
        """Whether Slack is content with it."""
        return 200 <= self.status < 300


class NoAnswer(Exception):
    """The app did not answer in time, or is not there. ``reason`` is Slack's word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The ``X-Slack-Signature`` of a body sent at ``timestamp`` (whole seconds)."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class AppClient:
    """Sends requests to the app's request URL. ``patience`` is in seconds."""

    def __init__(
        self,
        *,
        request_url: str,
        signing_secret: str,
        patience: float,
        clock: Callable[[], float],
    ) -> None:
        self._request_url = request_url.rstrip("/")
        self._signing_secret = signing_secret
        self._patience = patience
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def post_form(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a form. Raises NoAnswer."""
        return await self._post(
            path, urlencode(fields).encode(), "application/x-www-form-urlencoded", {}
        )

    async def post_json(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send JSON. Raises NoAnswer."""
        return await self._post(path, body, "application/json", headers)

    async def _post(
        self, path: str, body: bytes, content_type: str, more: Mapping[str, str]
    ) -> Answer:
        timestamp = str(int(self._clock()))
        headers = {
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "Accept": "application/json,*/*",
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._signing_secret, timestamp, body),
            **more,
        }
        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            async with (
                asyncio.timeout(self._patience),
                self._session.post(
                    self._request_url + path, data=body, headers=headers, allow_redirects=False
                ) as response,
            ):
                return Answer(response.status, response.headers, await response.text())
        except TimeoutError:
            raise NoAnswer("http_timeout") from None
        except aiohttp.ClientError:
            raise NoAnswer("connection_failed") from None

    async def close(self) -> None:
        """Release connections."""
        if self._session is not None:
            await self._session.close()
