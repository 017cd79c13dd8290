"""Feedback items and how often they occurred."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bot.domain.errors import NotFound
from bot.domain.models import Draft, IssueState, Item, enriched
from bot.storage import keys
from bot.storage.overview import kept, kind_of
from bot.storage.quotas import Spend
from bot.storage.store import Store
from bot.storage.text import number, text

DELETED = "(deleted report)"
GONE = {"title": DELETED, "body": "", "tags": {}, "frames": (), "gone": True}
# Noted of a report that was asked for what it lacks; a label has a name.
ASKED = ""
# Behind all that is live, see record.lua.
HISTORY = 2**40
# Redis cuts the log of placements when it is longer, see place, operate and swap.lua.
LOGGED = 4_096
# What is no part of the record: where it stands, and what a draft says of its event alone.
_BESIDE = {"cluster", "recovered_at", "told_at", "announces"}
_FOR_EVER = datetime.max.replace(tzinfo=UTC)


class Edited(NamedTuple):
    """A report before and after an edit."""

    before: Item
    after: Item


class Recorded(NamedTuple):
    """What came of a draft: its item, whether that is new, and whether the event counted. ``item``
    is 0 for a report that was deleted before we heard of it, -1 over the quota. ``edited`` is there
    where its text was taken as an edit."""

    item: int
    new: bool
    counted: bool
    edited: Edited | None = None


class Moves(NamedTuple):
    """Where items went, and ``end``, where the log of that ends. ``changed`` are those that read
    otherwise now. ``whole``: every placed item, as the log does not reach back to what was asked
    for."""

    end: str
    to: dict[int, int]
    changed: frozenset[int] = frozenset()
    whole: bool = False


class Items(Store):
    """The items of every project."""

    async def record(
        self,
        project: int,
        draft: Draft,
        now: datetime,
        spend: Spend | None = None,
        *,
        edited_at: datetime | None = None,
    ) -> Recorded:
        """Count the draft's event, once however often this is called.

        A new item is counted against the quota ``spend`` in the same step.

        The first event of a key makes the item, with the text of ``edited_at``; a later one goes
        through ``edit``."""
        call = self._call(project, draft, now, spend, edited_at)
        return _recorded(await self._scripts.run("record", *call))

    async def record_all(
        self, project: int, drafts: Sequence[Draft], now: datetime
    ) -> list[Recorded]:
        """The same of several that count towards no quota, on one way there and back."""
        calls = [self._call(project, draft, now, None, None) for draft in drafts]
        return [_recorded(found) for found in await self._scripts.run_all("record", calls)]

    def _call(
        self,
        project: int,
        draft: Draft,
        now: datetime,
        spend: Spend | None,
        edited_at: datetime | None,
    ) -> tuple[list[str], list[Any]]:
        """Keys and arguments of ``record.lua``."""
        key = f"{draft.source}:{draft.key}"
        tellings = [f"{key}@{way}:{draft.told_at}" for way in ("event", "announced")]
        other, this = tellings if draft.announces else reversed(tellings)
        # What is in a draft was validated when it was made.
        item = Item.model_construct(
            **dict(draft), number=0, created_at=now, updated_at=edited_at or draft.occurred_at
        )
        return (
            [
                *(keys.item_keys(project), keys.items(project), keys.events(project)),
                *(keys.counter(project, "item"), keys.waiting(project), keys.membership(project)),
                *(keys.seen(project), keys.reports_used(*spend[:2] if spend else (0, ""))),
                *kept(project),
            ],
            [
                key,
                "" if draft.event == draft.key else f"{key}:{draft.event}",
                self._seal.shut(item.model_dump_json(exclude={"number", *_BESIDE})),
                *(int(draft.occurred_at.timestamp() // 3600), draft.count),
                draft.occurred_at.timestamp(),
                kind_of(draft.source, draft.audience),
                *((other, this) if draft.told_at else ("", "")),
                int(draft.history),
                spend.cap if spend else "",
                f"{project}:{draft.source}",
            ],
        )

    async def recover(self, project: int, source: str, key: str, at: datetime) -> int | None:
        """Its source says that the item of this key is over since ``at``; its number. None when
        there is no such item. A newer occurrence, whenever it is heard of, reopens it."""
        found = await self._scripts.run(
            "recover",
            [keys.item_keys(project), keys.recovered(project)],
            [f"{source}:{key}", at.timestamp()],
        )
        return int(found) or None

    async def enrich(self, project: int, item: int, draft: Draft) -> None:
        """Write what a later event of the item knows and the item did not, see ``enriched``."""
        await self._edited(project, item, lambda record: enriched(record, draft))

    async def edit(self, project: int, draft: Draft, edited_at: datetime) -> Edited | None:
        """Write a newer title, body and tags over the item of the draft's key. None when there is
        no such item, when it is gone, or when the edit is older than what is there. Edits of the
        same second (GitHub tells no finer) are taken as they come; the same edit again is none the
        less one."""
        found = await self.by_key(project, draft.source, draft.key)
        words = {"title": draft.title, "body": draft.body, "tags": draft.tags}

        def newer(item: Item) -> Item:
            if item.gone or item.updated_at > edited_at:
                return item
            return item.model_copy(update={**words, "updated_at": edited_at})

        edited = await self._edited(project, found, newer) if found else None
        took = edited and not edited.after.gone and edited.after.updated_at == edited_at
        return edited if took else None

    async def withdraw(
        self, project: int, source: str, key: str, *, moved: bool = False
    ) -> int | None:
        """The report was deleted at its source: keep the count, drop the words, for good. One that
        has ``moved`` is counted where it is now. None when it was not known; should it be told of
        later, it is not taken."""
        await self._redis.hsetnx(keys.item_keys(project), f"{source}:{key}", "0")
        found = await self.by_key(project, source, key)
        if found:
            await self._edited(project, found, lambda item: item.model_copy(update=GONE))
            await self.stand(project, found, "moved" if moved else "gone", _FOR_EVER)
        if found and moved:
            await self._scripts.run("leave", [keys.membership(project), *kept(project)], [found])
        return found

    async def erase(self, project: int, item: int, words: dict[str, Any]) -> None:
        """Put these words in the place of somebody's, whose they are not from now on, and forget
        why the item went where it went."""
        await self._edited(project, item, lambda held: held.model_copy(update=words))
        await self._redis.hdel(keys.evidence(project), str(item))
        await self._redis.hdel(keys.answers(project, "judge"), str(item))

    async def stand(self, project: int, item: int, how: IssueState, at: datetime) -> bool:
        """The item's issue was closed so, or is open again; whether that is new. What is older than
        what is known changes nothing."""
        told = [item, int(at.timestamp()), how, keys.ended(project, "")]
        return bool(await self._scripts.run("stand", [keys.issue_states(project)], told))

    async def standing(self, project: int, item: int) -> IssueState:
        """How the item's issue stands."""
        found = text(await self._redis.hget(keys.issue_states(project), str(item)))
        how: IssueState = found.partition(" ")[2] or "open"  # type: ignore[assignment]
        return how

    async def _edited(self, project: int, number: int, decide: Callable[[Item], Item]) -> Edited:
        """The newest record, and what ``decide`` has made of it."""
        before: list[Item] = []

        def changed(item: Item) -> Item:
            before[:] = [item]
            return decide(item)

        after = await self._replace(
            keys.items(project),
            str(number),
            Item,
            changed,
            name=f"I-{number}",
            more_keys=[keys.placements(project)],
            beside=lambda after: [str(int(_clustered(before[-1]) != _clustered(after)))],
        )
        return Edited(before[-1], after)

    async def note(self, project: int, item: int, *labels: str) -> None:
        """No person gives the item these labels, for good."""
        await self._redis.sadd(keys.noted(project), *(f"{item}|{one.lower()}" for one in labels))

    async def noted(self, project: int, asked: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
        """Which of these items and labels were noted."""
        names = [f"{item}|{label.lower()}" for item, label in asked]
        found = await self._redis.smismember(keys.noted(project), names) if names else []
        return {pair for pair, there in zip(asked, found, strict=True) if there}

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

    async def next_waiting(self, project: int, *, live: int, history: int) -> list[int]:
        """The oldest that wait and are live, as many as told; of history only where none is."""
        key = keys.waiting(project)
        found = await self._redis.zrange(
            key, "-inf", f"({HISTORY}", byscore=True, offset=0, num=live
        )
        return [number(each) for each in found] or await self.waiting(project, history)

    async def left_of(self, project: int, first: int, last: int) -> int:
        """How many of these, all history, wait for a cluster."""
        return int(await self._redis.zcount(keys.waiting(project), first + HISTORY, last + HISTORY))

    async def remove(self, project: int, items: Sequence[Item]) -> None:
        """Take them out as if they had never come; nobody places any meanwhile."""
        mine = [
            *(keys.item_keys(project), keys.items(project), keys.waiting(project)),
            *(keys.membership(project), keys.seen(project), keys.evidence(project)),
            *(keys.placements(project), keys.to_ask(project, "judge")),
            *(keys.answers(project, "judge"), *kept(project)),
        ]
        calls = [(mine, [item.number, f"{item.source}:{item.key}"]) for item in items]
        await self._scripts.run_all("remove", calls)

    async def membership(self, project: int) -> dict[int, int]:
        """Every placed item and its cluster."""
        found = await self._redis.hgetall(keys.membership(project))
        return {number(item): number(cluster) for item, cluster in found.items()}

    async def moves(self, project: int, since: str) -> Moves:
        """What happened to items after ``since``, the end of what was read before, or ""."""
        found: Any = await self._redis.xrange(keys.placements(project), min=since or "-")
        end, cut = text(found[-1][0]) if found else "0", len(found) >= LOGGED
        if (since == "0" and not cut) or (found and text(found[0][0]) == since):
            entries = (entry for at, move in found if text(at) != since for entry in move.items())
            told = [(number(item), number(cluster)) for item, cluster in entries]
            changed = frozenset(item for item, cluster in told if not cluster)
            return Moves(end, {item: cluster for item, cluster in told if cluster}, changed)
        return Moves(end, await self.membership(project), whole=True)

    async def last(self, project: int, kind: str = "item") -> int:
        """The largest number that an ``item``, ``cluster`` or ``run`` was given."""
        return number(await self._redis.get(keys.counter(project, kind)))


def _recorded(found: Any) -> Recorded:
    return Recorded(int(found[0]), bool(found[1]), bool(found[2]))


def _clustered(item: Item) -> tuple[object, ...]:
    """What clustering reads of an item that may change, see ``report_of``."""
    return item.title, item.body, item.frames, item.fingerprint, item.environment


def _since(seen: bytes | None, over: bytes | None) -> datetime | None:
    """Since when it is over, unless it was seen after that."""
    if over is None or float(over) < float(seen or 0):
        return None
    return datetime.fromtimestamp(float(over), UTC)
