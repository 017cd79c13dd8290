"""Change a record in a hash, whatever others change meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from redis.asyncio import Redis

from bot.domain.errors import NotFound, Unavailable
from bot.domain.models import Worded
from bot.storage.scripts import Scripts
from bot.storage.seal import Seal

TRIES = 100

R = TypeVar("R", bound=Worded)


async def replace(
    redis: Redis,
    scripts: Scripts,
    seal: Seal,
    key: str,
    field: str,
    kind: type[R],
    decide: Callable[[R], R],
    *,
    name: str,
    missing: str,
) -> R:
    """Put what ``decide`` makes of the newest record in its place.

    ``name`` is what people call it. Raises NotFound, in the words of ``missing``.
    """
    for _ in range(TRIES):
        held = await redis.hget(key, field)
        if held is None:
            raise NotFound(missing)
        record = kind.read(seal.open(held))
        changed = decide(record)
        if changed == record:
            return record
        newer = seal.shut(changed.model_dump_json())
        if await scripts.run("swap", [key], [field, held, newer]):
            return changed
    raise Unavailable(f"{name} is being changed by too many at once; try again.")
