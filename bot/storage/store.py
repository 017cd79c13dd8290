"""What each file of this room that stores something is made with."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from redis.asyncio import Redis

from bot.domain.errors import NotFound, Unavailable
from bot.domain.keeping import Keep
from bot.domain.models import Record, Worded
from bot.storage.scripts import Scripts
from bot.storage.seal import Seal
from bot.storage.text import text

TRIES = 100

R = TypeVar("R", bound=Worded)
T = TypeVar("T", bound=Record)


class Store:
    """Something in Redis: its connection, its scripts, what seals words, how long what is kept."""

    def __init__(self, redis: Redis, scripts: Scripts, seal: Seal, keep: Keep) -> None:
        self._redis, self._scripts, self._seal, self._keep = redis, scripts, seal, keep

    async def _one(self, key: str, field: object, kind: type[T]) -> T | None:
        """The record at a field of a hash; None where there is none."""
        held = await self._redis.hget(key, str(field))
        return kind.read(self._seal.open(held)) if held else None

    async def _some(self, key: str, fields: Iterable[object], kind: type[T]) -> list[T]:
        """The records at these fields of a hash, of those that are there, in this order."""
        wanted = [str(field) for field in fields]
        found = await self._redis.hmget(key, wanted) if wanted else []
        return [kind.read(self._seal.open(held)) for held in found if held]

    async def _all(self, key: str, kind: type[T], by: Callable[[T], Any] | None = None) -> list[T]:
        """Every record of a hash; in the order of ``by``, where it is given."""
        found = [kind.read(self._seal.open(held)) for held in await self._redis.hvals(key)]
        return sorted(found, key=by) if by else found

    async def _words(self, key: str, first: int = 0) -> list[str]:
        """The words of a list from there on; from behind where ``first`` is below 0."""
        return [self._seal.open(held) for held in await self._redis.lrange(key, first, -1)]

    async def _due(self, key: str, now: datetime) -> list[tuple[int, str]]:
        """Project and name of each that is due by now."""
        found = await self._redis.zrange(key, "-inf", now.timestamp(), byscore=True)
        names = (text(one).partition(":") for one in found)
        return [(int(project), name) for project, _, name in names]

    def _shut(self, record: Record) -> str:
        """The record as it is to be kept."""
        return self._seal.shut(record.model_dump_json())

    async def _replace(
        self,
        key: str,
        field: str,
        kind: type[R],
        decide: Callable[[R], R],
        *,
        name: str,
        missing: str = "",
        script: str = "swap",
        more_keys: Sequence[str] = (),
        beside: Callable[[R], list[str]] = lambda _: [],
    ) -> R:
        """Put what ``decide`` makes of the newest record in its place, whatever others do. ``name``
        is what people call it; ``script`` does it, and takes ``more_keys`` and what goes ``beside``
        the new record. Raises NotFound, in the words of ``missing`` where there are any."""
        for _ in range(TRIES):
            held = await self._redis.hget(key, field)
            if held is None:
                raise NotFound(missing or f"There is no {name} in this project.")
            record = kind.read(self._seal.open(held))
            changed = decide(record)
            if changed == record:
                return record
            arguments = [field, held, self._shut(changed), *beside(changed)]
            if await self._scripts.run(script, [key, *more_keys], arguments):
                return changed
        raise Unavailable(f"{name} is being changed by too many at once; try again.")
