"""Let go of what is old, in steps that may be repeated and may be the last at any point. A step
reads a hundred or two entries of one kind, however many there are, and takes only those that still
are as it read them."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, get_args

from redis.asyncio import Redis

from bot.domain.keeping import Keep
from bot.domain.models import Cluster, ClusterState
from bot.storage import keys
from bot.storage.answers import JUDGE
from bot.storage.cards import GITHUB, Standing, room_of
from bot.storage.commands import Utterance
from bot.storage.overview import GROUPS
from bot.storage.scripts import Scripts
from bot.storage.seal import Seal
from bot.storage.store import Store
from bot.storage.text import number, text

STEP = 100
_OVER = (ClusterState.RESOLVED, ClusterState.IGNORED)


class Retention(Store):
    """What is kept no longer than ``keep`` says: of a project, and of project 0 what all share."""

    def __init__(self, redis: Redis, scripts: Scripts, seal: Seal, keep: Keep) -> None:
        super().__init__(redis, scripts, seal, keep)
        parked = (partial(self._parked, keys.parked(lane)) for lane in get_args(keys.Lane))
        self._shared = (self._threads, *parked)
        of_items = (
            partial(self._of_items, keys.evidence),
            partial(self._of_items, lambda project: keys.answers(project, JUDGE)),
        )
        self._own = (self._hours, self._commands, self._cards, *of_items)

    async def step(self, project: int, now: datetime) -> bool:
        """Take the next step; False when it was the last. The next call begins anew."""
        steps = self._own if project else self._shared
        index, cursor = json.loads(await self._redis.get(keys.sweep(project)) or "[0, 0]")
        cursor = await steps[index](project, cursor, now)
        if cursor or index + 1 < len(steps):
            stands = json.dumps([index + (not cursor), cursor])
            return bool(await self._redis.set(keys.sweep(project), stands))
        return not await self._redis.delete(keys.sweep(project))

    async def _scan(self, key: str, cursor: int) -> tuple[int, dict[str, Any]]:
        read: Any = await self._redis.hscan(key, cursor, count=STEP)
        return read[0], {text(field): value for field, value in read[1].items()}

    async def _drop(self, key: str, found: dict[str, Any], fields: Iterable[str]) -> None:
        await self._scripts.run("drop", [key], [part for f in fields for part in (f, found[f])])

    async def _hours(self, project: int, cursor: int, now: datetime) -> int:
        items = number(await self._redis.get(keys.counter(project, "item")))
        clusters = number(await self._redis.get(keys.counter(project, "cluster")))
        through = min(items + clusters, cursor + STEP)
        await self.fold((self._counted(project, items, i) for i in range(cursor, through)), now)
        if through < items + clusters:
            return through
        await self.fold((keys.tally(project, group) for group in GROUPS), now)
        return 0

    def _counted(self, project: int, items: int, index: int) -> str:
        """One after the other what has counts by the hour: every item, then every cluster."""
        if index < items:
            return keys.occurrences(project, index + 1)
        return keys.tally(project, index - items + 1)

    async def fold(self, hashes: Iterable[str], now: datetime) -> None:
        """Add up the hours of these that are no longer told apart."""
        first = int((now - self._keep.hours).timestamp() // 3600)
        await self._scripts.run_all("fold", [([key], [first]) for key in hashes])

    async def _commands(self, project: int, cursor: int, now: datetime) -> int:
        cursor, found = await self._scan(keys.commands(project), cursor)
        said = [Utterance.read(self._seal.open(kept)) for kept in found.values()]
        if old := [each.id for each in said if each.heard_at < now - self._keep.commands]:
            # Until it has ended somebody goes on with it; then nobody writes it any more.
            waits = await self._redis.zmscore(keys.heard(project), old)
            ended = [each for each, since in zip(old, waits, strict=True) if since is None]
            await self._redis.hdel(keys.run_keys(project), "", *ended)
            await self._drop(keys.commands(project), found, ended)
        return cursor

    async def _cards(self, project: int, cursor: int, now: datetime) -> int:
        cursor, found = await self._scan(keys.cards(project), cursor)
        old, newest = [], defaultdict[str, float](float)
        for field, kept in found.items():
            at = Standing.read(text(kept)).at
            if at < (now - self._keep.cards).timestamp():
                old.append(field)
                room, where = room_of(field.partition("|")[0])
                last = where if room == GITHUB else at or now.timestamp()
                newest[room] = max(newest[room], last)
        if newest:
            # From now on a card up there is looked for before it is posted.
            await self._redis.zadd(keys.forgotten_cards(project), newest, gt=True)
            await self._drop(keys.cards(project), found, old)
        return cursor

    async def _of_items(
        self, key: Callable[[int], str], project: int, cursor: int, now: datetime
    ) -> int:
        """What explains where items went, until their clusters have been over for long."""
        cursor, found = await self._scan(key(project), cursor)
        if found:
            placed = await self._redis.hmget(keys.membership(project), list(found))
            of = dict(zip(found, map(number, placed), strict=True))
            over = await self._over(project, of.values(), now - self._keep.evidence)
            await self._drop(key(project), found, (item for item in found if of[item] in over))
        return cursor

    async def _over(self, project: int, clusters: Iterable[int], before: datetime) -> set[int]:
        """Which of these clusters were merged away, resolved or ignored ``before``."""
        read = await self._some(keys.clusters(project), {*clusters}, Cluster)
        over = (c for c in read if c.redirect is not None or c.state in _OVER)
        return {c.number for c in over if c.updated_at < before}

    async def _threads(self, _project: int, cursor: int, now: datetime) -> int:
        cursor, found = await self._scan(keys.threads(), cursor)
        before = (now - self._keep.cards).timestamp()
        old = defaultdict[int, dict[str, int]](dict)
        for field, about in found.items():
            if float(field.rpartition(":")[2] or 0) < before:
                project, _, cluster = text(about).partition(":")
                old[int(project)][field] = int(cluster or 0)
        for its, fields in old.items():
            over = {0} | await self._over(its, fields.values(), now)
            await self._drop(keys.threads(), found, (f for f in fields if fields[f] in over))
        return cursor

    async def _parked(self, key: str, _project: int, cursor: int, now: datetime) -> int:
        cursor, found = await self._scan(key, cursor)
        before = f"{now - self._keep.parked:%Y-%m-%dT%H:%M:%SZ}"
        old = [job for job, kept in found.items() if text(kept).split()[0] < before]
        await self._drop(key, found, old)
        return cursor
