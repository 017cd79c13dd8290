"""The way in: a delivery is stored with the job that will hear it, in one call, before the 202.
Dedupe is on "has taken effect", never on "was seen": a row stays until its job has ended, and then
leaves a marker for as long as a sender may redeliver."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.errors import TooMany
from bot.domain.keeping import REDELIVERY
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import number, text

# How many payloads of a door wait until somebody says how they are read.
MOST_HELD = 200
# When a project has too many deliveries waiting, its senders may come again after so long.
CROWDED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook: ``kind`` names the job that hears it, ``meta`` what its headers said. ``tenant``
    is the project that it is about, 0 where that is not known yet; ``lane`` is where its job waits.
    ``most``: no more than so many of the project's jobs may wait there already; 0 is any number,
    for senders that do not send again. ``answered``: answers to it that were said."""

    kind: str
    meta: Mapping[str, str]
    body: bytes
    received_at: float
    tenant: int = 0
    lane: str = "work"
    most: int = 0
    answered: int = 0

    @property
    def row(self) -> str:
        """Its id. The body counts too: a signature covers the body only, so a delivery id
        alone proves nothing and must not shadow another delivery."""
        checksum = hashlib.blake2b(self.body, digest_size=12)
        checksum.update(json.dumps([self.kind, *sorted(self.meta.items())]).encode())
        return checksum.hexdigest()


class Inbox(Store):
    """Rows that were acknowledged."""

    async def accept(self, delivery: Delivery) -> bool:
        """Store it and the job ``[kind, row]``. False when it was here before. Raises TooMany, and
        counts it, when its project has too many waiting."""
        stored = int(await self._scripts.run("accept", *await self._call(delivery)))
        if stored < 0:
            await self.count_unread("alerts refused over SOULCASTER_BACKLOG")
            raise TooMany(CROWDED_SECONDS, "deliveries of this project are waiting")
        return bool(stored)

    async def accept_all(self, deliveries: Sequence[Delivery]) -> None:
        """The same for several, in this order."""
        await self._scripts.run_all("accept", [await self._call(each) for each in deliveries])

    async def _call(self, delivery: Delivery) -> tuple[list[str], list[Any]]:
        row = delivery.row
        lane, tenant = delivery.lane, delivery.tenant
        return [
            *(keys.inbox(row), keys.done(row), keys.todo(lane, tenant)),
            *(keys.generations(lane), keys.turns(lane)),
        ], [
            *(json.dumps([delivery.kind, row]), tenant, delivery.most),
            *("kind", delivery.kind),
            *("tenant", tenant),
            *("meta", json.dumps(dict(delivery.meta))),
            *("at", repr(delivery.received_at)),
            *("body", await self._seal.shut_bytes(delivery.body)),
        ]

    async def read(self, row: str) -> Delivery | None:
        """The row, or None when it has taken effect already."""
        found = await self._redis.hgetall(keys.inbox(row))
        if not found:
            return None
        row_of = {text(name): value for name, value in found.items()}
        body = row_of["body"]
        return Delivery(
            kind=text(row_of["kind"]),
            meta=json.loads(row_of["meta"]),
            body=await self._seal.open_bytes(body if isinstance(body, bytes) else body.encode()),
            received_at=float(row_of["at"]),
            answered=number(row_of.get("answered")),
        )

    async def answered(self, row: str) -> None:
        """Another answer to it was said, and is not said again."""
        await self._redis.hincrby(keys.inbox(row), "answered", 1)

    async def give_up(self, row: str, *, readable: bool) -> None:
        """Its job was given up: it has a day left; one that can be read, as long as its job can
        be run again."""
        left = self._keep.parked if readable else self._keep.unreadable
        await self._redis.expire(keys.inbox(row), left)

    async def hold(self, hook: str, row: str) -> None:
        """Keep it until a person says how the payloads of its door are read; the first few only."""
        held = keys.held_back(hook)
        if await self._redis.zcard(held) >= MOST_HELD:
            await self.count_unread("not confirmed how to read")
            await self.finish(row)
            return
        await self._redis.zadd(held, {row: time.time()}, nx=True)
        await self._redis.expire(held, self._keep.parked)
        await self._redis.expire(keys.inbox(row), self._keep.parked)

    async def held(self, hook: str) -> list[str]:
        """Rows that wait for that, in the order they came."""
        return [text(row) for row in await self._redis.zrange(keys.held_back(hook), 0, -1)]

    async def let_go(self, kind: str, row: str) -> bool:
        """Count a row that nobody could read and that is gone; False while it still waits."""
        if await self._redis.exists(keys.inbox(row)):
            return False
        if not await self._redis.exists(keys.done(row)):
            await self.count_unread(kind)
        return True

    async def count_unread(self, why: str) -> None:
        """Count one that is never heard."""
        await self._redis.hincrby(keys.unread(), why, 1)

    async def unread(self) -> dict[str, int]:
        """Job that should have heard -> rows that were let go so far."""
        found = await self._redis.hgetall(keys.unread())
        return {text(kind): number(count) for kind, count in found.items()}

    async def finish(self, row: str) -> None:
        """It has taken effect: leave the marker, drop the row."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(keys.done(row), b"1", ex=REDELIVERY)
            pipe.delete(keys.inbox(row))
            await pipe.execute()
