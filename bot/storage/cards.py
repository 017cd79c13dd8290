"""Where each card stands, so that it is edited and not posted again."""

from __future__ import annotations

from pydantic import AliasChoices, Field
from redis.asyncio import Redis

from bot.domain.models import Record
from bot.storage import keys
from bot.storage.text import text


class Standing(Record):
    """A card that was posted: the comment id or message ts, and a checksum of what it says."""

    id: str
    # As it was stored before it had this name, too.
    checksum: str = Field(validation_alias=AliasChoices("checksum", "digest"))


class Cards:
    """Cards of every project, by place and key."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def get(self, project: int, place: str, key: str) -> Standing | None:
        """Where the card stands; None when it was never posted."""
        found = text(await self._redis.hget(keys.cards(project), f"{place}|{key}"))
        return Standing.model_validate_json(found) if found else None

    async def put(self, project: int, place: str, key: str, standing: Standing) -> None:
        """Remember it."""
        await self._redis.hset(keys.cards(project), f"{place}|{key}", standing.model_dump_json())
