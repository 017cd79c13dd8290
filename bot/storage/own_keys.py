"""A project's own keys of models' vendors, sealed whatever Redis they are in."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import AwareDatetime
from redis.asyncio import Redis

from bot.domain.models import Record
from bot.domain.secrets import keep_secret
from bot.storage import keys
from bot.storage.seal import Keys
from bot.storage.text import text


class OwnKey(Record):
    """A key, and who gave it when."""

    key: str
    by: str
    at: AwareDatetime


class OwnKeys:
    """Those of every project, by vendor."""

    def __init__(self, redis: Redis, fernet: Callable[[], Keys]) -> None:
        self._redis, self._fernet = redis, fernet

    async def all(self, project: int) -> dict[str, OwnKey]:
        """Every one. Raises ConfigError where no key of the vault opens it."""
        kept = await self._redis.hgetall(keys.own_keys(project))
        found = {
            text(vendor): OwnKey.read(self._fernet().open(sealed.split()[-1]))
            for vendor, sealed in sorted(kept.items())
        }
        keep_secret(*(own.key for own in found.values()))
        return found

    async def put(self, project: int, vendor: str, own: OwnKey) -> None:
        """Use it from now on."""
        keep_secret(own.key)
        sealed = self._fernet().encrypt(own.model_dump_json().encode()).decode()
        await self._redis.hset(keys.own_keys(project), vendor, f"{project} {vendor} {sealed}")

    async def remove(self, project: int, vendor: str) -> bool:
        """Forget it; whether there was one."""
        return bool(await self._redis.hdel(keys.own_keys(project), vendor))
