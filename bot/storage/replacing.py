"""Change a record in a hash, whatever others change meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    script: str = "swap",
    more_keys: Sequence[str] = (),
    beside: Callable[[R], list[str]] = lambda _: [],
) -> R:
    """Put what ``decide`` makes of the newest record in its place.

    ``name`` is what people call it; ``script`` does it, and takes ``more_keys`` and what goes
    ``beside`` the new record. Raises NotFound, in the words of ``missing``.
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
        arguments = [field, held, newer, *beside(changed)]
        if await scripts.run(script, [key, *more_keys], arguments):
            return changed
    raise Unavailable(f"{name} is being changed by too many at once; try again.")
