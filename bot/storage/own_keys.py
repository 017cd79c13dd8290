"""A project's own keys of models' vendors, sealed whatever Redis they are in."""

import time
from collections.abc import Callable
from contextlib import suppress

from pydantic import AwareDatetime
from redis.asyncio import Redis

from bot.domain.errors import ConfigError
from bot.domain.models import Record
from bot.domain.secrets import keep_secret
from bot.storage import keys
from bot.storage.seal import Keys
from bot.storage.text import text

_KNOWN_SECONDS = 1.0  # what another process changed is seen this late at the latest


class OwnKey(Record):
    """A key, "" where no key of the vault opens it, and who gave it when."""

    key: str = ""
    by: str = ""
    at: AwareDatetime | None = None


class OwnKeys:
    """Those of every project, by vendor."""

    def __init__(self, redis: Redis, fernet: Callable[[], Keys]) -> None:
        self._redis, self._fernet = redis, fernet
        self._known: dict[int, tuple[float, dict[str, OwnKey]]] = {}

    async def all(self, project: int) -> dict[str, OwnKey]:
        """Every one."""
        until, known = self._known.get(project, (0.0, {}))
        if time.monotonic() < until:
            return known
        found = dict[str, OwnKey]()
        for vendor, sealed in sorted((await self._redis.hgetall(keys.own_keys(project))).items()):
            found[text(vendor)] = OwnKey()
            with suppress(ConfigError):
                found[text(vendor)] = OwnKey.read(self._fernet().open(sealed.split()[-1]))
        keep_secret(*(own.key for own in found.values()))
        self._known = {p: k for p, k in self._known.items() if k[0] > time.monotonic()}
        self._known[project] = (time.monotonic() + _KNOWN_SECONDS, found)
        return found

    async def put(self, project: int, vendor: str, own: OwnKey) -> None:
        """Use it from now on."""
        keep_secret(own.key)
        sealed = self._fernet().encrypt(own.model_dump_json().encode()).decode()
        await self._redis.hset(keys.own_keys(project), vendor, f"{project} {vendor} {sealed}")
        self._known.pop(project, None)

    async def remove(self, project: int, vendor: str) -> bool:
        """Forget it; whether there was one."""
        removed = await self._redis.hdel(keys.own_keys(project), vendor)
        self._known.pop(project, None)
        return bool(removed)
