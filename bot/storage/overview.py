"""The read model: what is shown of a project's clusters, kept as it changes. The scripts that
place, count, move and change keep it in the same step (``lua/overview.lua``): a tally a cluster,
its standing, and lists of the clusters, open and settled and by state. The lists by severity put
first, within a severity, what was seen most, each occurrence counting half as much a day later:
forward decay, whose order does not change as time passes (Cormode, Shkapenyuk, Srivastava, Xu, ICDE
2009, https://doi.org/10.1109/ICDE.2009.65)."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

from redis.asyncio import Redis

from bot.domain.audience import Audience
from bot.domain.clusters.evidence import Because
from bot.domain.clusters.tally import Tally
from bot.domain.errors import Unavailable
from bot.domain.models import Cluster, ClusterState, Item
from bot.log import log
from bot.storage import keys
from bot.storage.leases import Leases
from bot.storage.runs import Runs
from bot.storage.scripts import Scripts
from bot.storage.seal import Seal
from bot.storage.text import number, text

VERSION = "2"
ALIKE = 20_000  # pairs that may be one problem
GROUPS = ("open", "settled")
STEP = 200  # records read at once

Sort = Literal["severity", "recent", "count"]
SORTS: tuple[Sort, ...] = ("severity", "recent", "count")


def kept(project: int) -> list[str]:
    """The last KEYS of a script that keeps it, as ``lua/overview.lua`` takes them."""
    return [
        *(keys.standings(project), keys.tally(project, ""), keys.order(project, "", "")[:-1]),
        *(keys.reported(project, ""), keys.members(project, 0)[:-1]),
        keys.occurrences(project, 0)[:-1],
    ]


def kind_of(source: str, audience: Audience) -> str:
    """The field of a tally that counts such reports."""
    return f"{source}|{audience}"


def standing(cluster: Cluster) -> str:
    """What the lists know of a cluster's record, in plain: records are sealed."""
    return f"{GROUPS[not cluster.state.is_open]} {cluster.state} {cluster.severity}"


class Overview:
    """The read models of every project."""

    def __init__(
        self, redis: Redis, scripts: Scripts, seal: Seal, leases: Leases, runs: Runs
    ) -> None:
        self._redis, self._scripts, self._seal, self._leases = redis, scripts, seal, leases
        self._runs = runs
        self.whole: set[int] = set()  # projects that were found to be counted
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def make_whole(self, project: int) -> None:
        """Count a project that was not counted yet as this version counts. Raises Unavailable while
        another process does."""
        async with self._locks[project]:
            if project in self.whole:
                return
            if text(await self._redis.get(keys.overview(project))) != VERSION:
                await self.rebuild(project)
            self.whole.add(project)

    async def tallies(self, project: int, of: Iterable[int | str]) -> list[Tally]:
        """The tallies of clusters, and of all ``open`` or ``settled`` ones."""
        wanted = [keys.tally(project, each) for each in of]
        found = await self._scripts.run("each", wanted, ["HGETALL"]) if wanted else []
        return [_read(dict(zip(each[::2], each[1::2], strict=True))) for each in found]

    async def open_clusters(self, project: int, items: Collection[int]) -> dict[int, int]:
        """The clusters of these items that are in an open one."""
        wanted = [str(item) for item in items]
        placed = await self._redis.hmget(keys.membership(project), wanted)
        of = {item: number(cluster) for item, cluster in zip(items, placed, strict=True) if cluster}
        clusters = [*{*of.values(), 0}]
        held = await self._redis.hmget(keys.standings(project), [str(c) for c in clusters])
        told = zip(clusters, map(text, held), strict=True)
        open_ = {cluster for cluster, stands in told if stands.startswith("open")}
        return {item: cluster for item, cluster in of.items() if cluster in open_}

    async def by_source(self, project: int, cluster: int) -> dict[str, Tally]:
        """The tally of a cluster, source by source; reads all of its items."""
        members = await self._redis.zrange(keys.members(project, cluster), 0, -1)
        found: dict[str, Tally] = {}
        for tally in (await self.seen(project, [number(item) for item in members])).values():
            for source, _ in tally.kinds:
                found[source] = found.get(source, Tally({}, {})) + tally
        return found

    async def seen(self, project: int, items: Sequence[int]) -> dict[int, Tally]:
        """How often each of these items was seen."""
        found: dict[int, Tally] = {}
        for first in range(0, len(items), STEP):
            some = items[first : first + STEP]
            async with self._redis.pipeline(transaction=False) as pipe:
                for item in some:
                    pipe.hgetall(keys.occurrences(project, item))
                found |= zip(some, map(_read, await pipe.execute()), strict=True)
        return found

    async def page(
        self,
        project: int,
        wanted: str,
        sort: Sort = "severity",
        *,
        source: str = "",
        first: int = 0,
        most: int = 1,
    ) -> tuple[list[int], int]:
        """Clusters from the ``first`` on, best first, and how many there are in all. ``wanted`` is
        a state, ``open`` or ``all`` (then the open ones come first); with ``source`` only clusters
        with a report from one that has this in its name."""
        among: list[str] = []
        if source:
            kinds = {kind for t in await self.tallies(project, GROUPS) for kind in t.kinds}
            among = [
                keys.reported(project, kind_of(*kind))
                for kind in sorted(kinds)
                if source.lower() in kind[0]
            ]
            if not among:
                return [], 0
        lists = GROUPS if wanted == "all" else (wanted,)
        total, found = await self._scripts.run(
            "page",
            [keys.chosen(project), *(keys.order(project, name, sort) for name in lists), *among],
            [first, most, len(lists)],
        )
        return [number(cluster) for cluster in found], int(total)

    async def tops(self, project: int, states: Sequence[str], most: int) -> list[int]:
        """The worst clusters of each of these states, at most so many of each."""
        wanted = [keys.order(project, state, "severity") for state in states]
        found = await self._scripts.run("each", wanted, ["ZREVRANGE", 0, most - 1])
        return [number(cluster) for of_one in found for cluster in of_one]

    async def rebuild(self, project: int) -> int:
        """Count everything anew from the records; how many clusters there are. Others may go on
        changing them; until it is done the lists are not whole. Raises Unavailable while another
        process does it."""
        async with self._leases.hold(f"overview:{project}") as token:
            if not token:
                raise Unavailable("What is shown of this project is counted now.", retry_after=1)
            await self._runs.rebuild(project)
            counted = await self._rebuild(project)
        log.info("counted a project anew", project=project, clusters=counted)
        return counted

    async def _rebuild(self, project: int) -> int:
        kinds = {kind for tally in await self.tallies(project, GROUPS) for kind in tally.kinds}
        lists = [*GROUPS, *ClusterState]
        await self._redis.unlink(
            keys.overview(project),
            keys.standings(project),
            keys.alike(project),
            *(keys.tally(project, group) for group in GROUPS),
            *(keys.order(project, name, sort) for name in lists for sort in SORTS),
            *(keys.reported(project, kind_of(*kind)) for kind in kinds),
        )
        async for items in self._records(keys.items(project)):
            async with self._redis.pipeline(transaction=False) as pipe:
                for found in items.values():
                    item = Item.read(self._seal.open(found))
                    kind = kind_of(item.source, item.audience)
                    key = keys.occurrences(project, item.number)
                    if item.gone and not await self._redis.exists(key):
                        continue  # it is counted where it has moved to
                    pipe.hset(key, kind, "1")
                await pipe.execute()
        async for told in self._records(keys.evidence(project)):
            pairs: dict[str, float] = {}
            for item, held in told.items():
                pairs |= Because.read(self._seal.open(held)).alike(number(item))
            if pairs:
                await self._redis.zadd(keys.alike(project), pairs)
        await self._redis.zremrangebyrank(keys.alike(project), 0, -ALIKE - 1)
        counted = 0
        key = keys.clusters(project)
        async for clusters in self._records(key):
            while clusters:
                stand = {c: standing(Cluster.read(self._seal.open(r))) for c, r in clusters.items()}
                mine = [key, *kept(project)]
                calls = [(mine, [each, held, stand[each]]) for each, held in clusters.items()]
                done = await self._scripts.run_all("recount", calls)
                counted += sum(done)
                changed = [each for each, one in zip(clusters, done, strict=True) if not one]
                found = await self._redis.hmget(key, changed) if changed else []
                clusters = dict(zip(changed, found, strict=True))
        await self._redis.set(keys.overview(project), VERSION)
        return counted

    async def _records(self, key: str) -> AsyncIterator[dict[Any, Any]]:
        """All records of a hash, some at a time."""
        cursor = 0
        while True:
            found: Any
            cursor, found = await self._redis.hscan(key, cursor, count=STEP)
            yield found
            if not cursor:
                return


def _read(stored: Mapping[bytes, bytes]) -> Tally:
    hours: dict[int, int] = {}
    kinds: dict[tuple[str, Audience], int] = {}
    for field, n in stored.items():
        if field.isdigit():
            hours[int(field)] = int(n)
        else:
            source, _, audience = field.decode().partition("|")
            kinds[source, Audience(audience)] = int(n)
    return Tally(hours, kinds)
