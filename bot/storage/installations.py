"""Slack workspaces that installed the app: each record sealed, always."""

from collections.abc import Callable
from typing import Any

from cryptography.fernet import InvalidToken
from redis.asyncio import Redis

from bot.storage import keys
from bot.storage.seal import Keys
from bot.storage.text import text

STATE_SECONDS = 600
_STATE = b"sent to Slack"


class Installations:
    """Records by the id of the workspace; they hold tokens. ``fernet`` seals and opens them."""

    def __init__(self, redis: Redis, fernet: Callable[[], Keys]) -> None:
        self._redis, self._fernet = redis, fernet

    async def put(self, team: str, record: str) -> None:
        """Installed there, or another token for it."""
        sealed = self._fernet().encrypt(record.encode())
        await self._redis.hset(keys.slack_installations(), team, sealed)

    async def find(self, team: str) -> str | None:
        """The record; None where the app is not installed. Raises ConfigError without its key."""
        kept = await self._redis.hget(keys.slack_installations(), team)
        return self._fernet().open(kept).decode() if kept else None

    async def has(self, team: str) -> bool:
        """Whether the app is installed there."""
        return bool(await self._redis.hexists(keys.slack_installations(), team))

    async def teams(self) -> list[str]:
        """Where the app is installed."""
        return sorted(map(text, await self._redis.hkeys(keys.slack_installations())))

    async def forget(self, team: str) -> None:
        """Uninstalled there."""
        await self._redis.hdel(keys.slack_installations(), team)

    async def async_issue(self, *_: Any, **_more: Any) -> str:
        """A word that whoever is sent to Slack brings back within ten minutes, in the browser that
        holds it. Nothing is kept of it: anybody may ask for as many as they like."""
        return self._fernet().encrypt(_STATE).decode().rstrip("=")

    async def async_consume(self, state: str) -> bool:
        """Whether it is one of ours; the code that comes with it is taken by Slack once."""
        try:
            whole = state + "=" * (-len(state) % 4)
            return self._fernet().decrypt(whole, ttl=STATE_SECONDS) == _STATE
        except InvalidToken:
            return False
