"""Feedback items and how often they occurred."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from redis.asyncio import Redis

from bot.domain.errors import NotFound
from bot.domain.models import Draft, Item, enriched
from bot.storage import keys
from bot.storage.overview import kept, kind_of
from bot.storage.quotas import Spend
from bot.storage.replacing import replace
from bot.storage.scripts import Scripts
from bot.storage.seal import Seal
from bot.storage.text import number, text

DELETED = "(deleted report)"
# Redis cuts the log of placements when it is longer, see place.lua and operate.lua.
LOGGED = 4_096
# What is no part of the record: where it stands, and what a draft says of its event alone.
_BESIDE = {"cluster", "recovered_at", "told_at", "announces"}
# Deleting is the last edit: none that arrives later is newer.
_FOR_EVER = 1e15


class Recorded(NamedTuple):
    """What came of a draft: its item, whether that is new, and whether the event counted.

    ``item`` is 0 for a report that was deleted before we heard of it, -1 over the quota.
    """

    item: int
    new: bool
    counted: bool


class Moves(NamedTuple):
    """Where items went, and ``end``, where the log of that ends.

    ``whole``: every placed item, as the log does not reach back to what was asked for; ``anew``:
    it was not cut since, so the project was begun again.
    """

    end: str
    to: dict[int, int]
    whole: bool = False
    anew: bool = False


class Items:
    """The items of every project."""

    def __init__(self, redis: Redis, scripts: Scripts, seal: Seal) -> None:
        self._redis = redis
        self._scripts = scripts
        self._seal = seal

    async def record(
        self, project: int, draft: Draft, now: datetime, spend: Spend | None = None
    ) -> Recorded:
        """Count the draft's event, once however often this is called.

        A new item is counted against the quota ``spend`` in the same step.

        The first event of a key makes the item; a later text of it goes through ``edit``.
        """
        key = f"{draft.source}:{draft.key}"
        tellings = [f"{key}@{way}:{draft.told_at}" for way in ("event", "announced")]
        other, this = tellings if draft.announces else reversed(tellings)
        # What is in a draft was validated when it was made.
        item = Item.model_construct(
            **dict(draft), number=0, created_at=now, updated_at=draft.occurred_at
        )
        found = await self._scripts.run(
            "record",
            [
                keys.item_keys(project),
                keys.items(project),
                keys.events(project),
                keys.counter(project, "item"),
                keys.waiting(project),
                keys.edited(project),
                keys.membership(project),
                keys.seen(project),
                keys.reports_used(*spend[:2] if spend else (0, "")),
                *kept(project),
            ],
            [
                key,
                "" if draft.event == draft.key else f"{key}:{draft.event}",
                self._seal.shut(item.model_dump_json(exclude={"number", *_BESIDE})),
                int(draft.occurred_at.timestamp() // 3600),
                draft.count,
                draft.occurred_at.timestamp(),
                kind_of(draft.source, draft.audience),
                *((other, this) if draft.told_at else ("", "")),
                int(draft.history),
                spend.cap if spend else "",
                f"{project}:{draft.source}",
            ],
        )
        return Recorded(int(found[0]), bool(found[1]), bool(found[2]))

    async def recover(self, project: int, source: str, key: str, at: datetime) -> int | None:
        """Its source says that the item of this key is over since ``at``; its number.

        None when there is no such item. A newer occurrence, whenever it is heard of, reopens it.
        """
        found = await self._scripts.run(
            "recover",
            [keys.item_keys(project), keys.recovered(project)],
            [f"{source}:{key}", at.timestamp()],
        )
        return int(found) or None

    async def enrich(self, project: int, item: int, draft: Draft) -> None:
        """Write what a later event of the item knows and the item did not, see ``enriched``."""
        await replace(
            self._redis,
            self._scripts,
            self._seal,
            keys.items(project),
            str(item),
            Item,
            lambda record: enriched(record, draft),
            name=f"I-{item}",
            missing=f"There is no I-{item} in this project.",
        )

    async def edit(self, project: int, draft: Draft, edited_at: datetime) -> int | None:
        """Write a newer title and body over the item of the draft's key; its number.

        None when there is no such item or the edit is older than what is there.
        """
        key = f"{draft.source}:{draft.key}"
        found = number(await self._redis.hget(keys.item_keys(project), key))
        if not found:
            return None
        item = await self.get(project, found)
        newer = item.model_copy(
            update={"title": draft.title, "body": draft.body, "updated_at": edited_at}
        )
        written = await self._scripts.run(
            "edit",
            [keys.items(project), keys.edited(project)],
            [found, edited_at.timestamp(), self._kept(newer)],
        )
        return found if written else None

    async def withdraw(self, project: int, source: str, key: str) -> int | None:
        """The report was deleted at its source: keep the count, drop the words, for good.

        None when it was not known; should it be told of later, it is not taken.
        """
        name = f"{source}:{key}"
        await self._redis.hsetnx(keys.item_keys(project), name, "0")
        found = number(await self._redis.hget(keys.item_keys(project), name))
        if not found:
            return None
        item = await self.get(project, found)
        gone = item.model_copy(
            update={"title": DELETED, "body": "", "tags": {}, "frames": (), "gone": True}
        )
        await self._scripts.run(
            "edit",
            [keys.items(project), keys.edited(project)],
            [found, _FOR_EVER, self._kept(gone)],
        )
        return found

    def _kept(self, item: Item) -> str:
        return self._seal.shut(item.model_dump_json(exclude=_BESIDE))

    async def get(self, project: int, item: int) -> Item:
        """One item with its cluster. Raises NotFound."""
        found = await self.many(project, [item])
        if not found:
            raise NotFound(f"There is no I-{item} in this project.")
        return found[0]

    async def many(self, project: int, numbers: Iterable[int]) -> list[Item]:
        """Those that exist, in the order asked for."""
        wanted = [str(n) for n in numbers]
        if not wanted:
            return []
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(keys.items(project), wanted)
            pipe.hmget(keys.membership(project), wanted)
            pipe.hmget(keys.seen(project), wanted)
            pipe.hmget(keys.recovered(project), wanted)
            found = await pipe.execute()
        return [
            Item.read(self._seal.open(record)).model_copy(
                update={"cluster": number(cluster) or None, "recovered_at": _since(seen, over)}
            )
            for record, cluster, seen, over in zip(*found, strict=True)
            if record
        ]

    async def cluster_of(self, project: int, item: int) -> int | None:
        """Where an item is; None while it waits."""
        return number(await self._redis.hget(keys.membership(project), str(item))) or None

    async def by_key(self, project: int, source: str, key: str) -> int | None:
        """The number of an item by its natural key."""
        return number(await self._redis.hget(keys.item_keys(project), f"{source}:{key}")) or None

    async def waiting(self, project: int, limit: int = 200) -> list[int]:
        """Items that no cluster has yet: what is live, then history, oldest first."""
        found = await self._redis.zrange(keys.waiting(project), 0, limit - 1)
        return [number(value) for value in found]

    async def membership(self, project: int) -> dict[int, int]:
        """Every placed item and its cluster."""
        found = await self._redis.hgetall(keys.membership(project))
        return {number(item): number(cluster) for item, cluster in found.items()}

    async def moves(self, project: int, since: str) -> Moves:
        """What was placed or moved after ``since``, the end of what was read before, or ""."""
        found: Any = await self._redis.xrange(keys.placements(project), min=since or "-")
        end, cut = text(found[-1][0]) if found else "0", len(found) >= LOGGED
        if (since == "0" and not cut) or (found and text(found[0][0]) == since):
            told = (entry for at, move in found if text(at) != since for entry in move.items())
            return Moves(end, {number(item): number(cluster) for item, cluster in told})
        anew = bool(since) and not cut
        return Moves(end, await self.membership(project), whole=True, anew=anew)

    async def count(self, project: int) -> int:
        """How many items there are."""
        return int(await self._redis.hlen(keys.items(project)))


def _since(seen: bytes | None, over: bytes | None) -> datetime | None:
    """Since when it is over, unless it was seen after that."""
    if over is None or float(over) < float(seen or 0):
        return None
    return datetime.fromtimestamp(float(over), UTC)
