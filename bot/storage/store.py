"""What each file of this room that stores something is made with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from redis.asyncio import Redis

from bot.domain.errors import NotFound, Unavailable
from bot.domain.keeping import Keep
from bot.domain.models import Worded
from bot.storage.scripts import Scripts
from bot.storage.seal import Seal

TRIES = 100

R = TypeVar("R", bound=Worded)


class Store:
    """Something in Redis: its connection, its scripts, what seals words, how long what is kept."""

    def __init__(self, redis: Redis, scripts: Scripts, seal: Seal, keep: Keep) -> None:
        self._redis = redis
        self._scripts = scripts
        self._seal = seal
        self._keep = keep

    async def _replace(
        self,
        key: str,
        field: str,
        kind: type[R],
        decide: Callable[[R], R],
        *,
        name: str,
        missing: str,
        script: str = "swap",
        more_keys: Sequence[str] = (),
        beside: Callable[[R], list[str]] = lambda _: [],
    ) -> R:
        """Put what ``decide`` makes of the newest record in its place, whatever others do.

        ``name`` is what people call it; ``script`` does it, and takes ``more_keys`` and what goes
        ``beside`` the new record. Raises NotFound, in the words of ``missing``.
        """
        for _ in range(TRIES):
            held = await self._redis.hget(key, field)
            if held is None:
                raise NotFound(missing)
            record = kind.read(self._seal.open(held))
            changed = decide(record)
            if changed == record:
                return record
            newer = self._seal.shut(changed.model_dump_json())
            arguments = [field, held, newer, *beside(changed)]
            if await self._scripts.run(script, [key, *more_keys], arguments):
                return changed
        raise Unavailable(f"{name} is being changed by too many at once; try again.")
