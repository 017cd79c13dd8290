"""The log of corrections, and how one is applied: wholly, and only to what it was worked out for. A
correction is a compare-and-set. Its script checks the length of the log and the members of every
cluster it touches; a placement checks the length of the log it was decided under. So neither ever
acts on what the other has changed, and nobody waits for anybody."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.clusters.corrections import Logged
from bot.domain.clusters.engine.forest import Forest
from bot.domain.clusters.engine.links import Links, Pair
from bot.domain.clusters.engine.operations import Clustering
from bot.domain.errors import NotFound
from bot.domain.models import Cluster
from bot.storage import keys
from bot.storage.overview import kept, standing
from bot.storage.store import Store
from bot.storage.text import number, pair_of, text

PREVIEW_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Held:
    """Part of a project's clustering as it was read. ``records`` are what stands in Redis,
    ``opened`` what they say."""

    count: int
    clustering: Clustering
    records: Mapping[int, str]
    opened: Mapping[int, Cluster]

    def record(self, cluster: int) -> Cluster:
        """The record of a cluster that was read."""
        return self.opened[cluster]


class Operations(Store):
    """The corrections of every project."""

    async def count(self, project: int) -> int:
        """How many corrections there were; it only grows."""
        return int(await self._redis.llen(keys.operations(project)))

    async def links(self, project: int) -> Links:
        """The pairs of items that, by all corrections, must or must not be together."""
        asked = [keys.pairs(project, "must"), keys.pairs(project, "cannot")]
        must, cannot = await self._scripts.run("each", asked, ["SMEMBERS"])
        return Links.of([pair_of(v) for v in must], [pair_of(v) for v in cannot])

    async def log(self, project: int) -> list[Logged]:
        """All of them, oldest first."""
        return [Logged.read(entry) for entry in await self._words(keys.operations(project))]

    async def read(
        self, project: int, *, clusters: Iterable[int] = (), items: Iterable[int] = ()
    ) -> Held:
        """These clusters, where they redirect, and the clusters of these items, with all members.
        Raises NotFound for a cluster that never was."""
        count = await self.count(project)  # first: what is read after can only be newer
        links = await self.links(project)
        wanted = list(clusters)
        asked = [str(item) for item in items]
        if asked:
            where = await self._redis.hmget(keys.membership(project), asked)
            wanted += [number(cluster) for cluster in where if cluster]
        records: dict[int, str] = {}
        opened: dict[int, Cluster] = {}
        parents: dict[int, int] = {}
        while wanted:
            cluster = wanted.pop()
            if cluster in records:
                continue
            held = text(await self._redis.hget(keys.clusters(project), str(cluster)))
            if not held:
                raise NotFound(f"There is no C-{cluster} in this project.")
            records[cluster] = held
            opened[cluster] = Cluster.read(self._seal.open(held))
            redirect = opened[cluster].redirect
            if redirect is not None:
                parents[cluster] = redirect
                wanted.append(redirect)
        async with self._redis.pipeline(transaction=False) as pipe:
            for cluster in records:
                pipe.zrange(keys.members(project, cluster), 0, -1)
            members = await pipe.execute()
        membership = {
            number(item): cluster
            for cluster, found in zip(records, members, strict=True)
            for item in found
        }
        return Held(count, Clustering(membership, Forest(parents), links), records, opened)

    async def fresh(self, project: int) -> int:
        """A number for a new cluster; it is never given again, used or not."""
        return int(await self._redis.incr(keys.counter(project, "cluster")))

    async def apply(
        self,
        project: int,
        held: Held,
        entry: Logged,
        *,
        members: Mapping[int, Iterable[int]],
        records: Mapping[int, Cluster],
    ) -> bool:
        """Do it, if everything is as ``held`` says; False when it is not. ``members`` are those of
        every cluster it touches, ``records`` those that change."""
        operation = entry.operation
        plan: dict[str, Any] = {
            "log": held.count,
            "members": {str(c): ",".join(map(str, found)) for c, found in members.items()},
            "records": [
                [c, held.records.get(c, ""), self._shut(record), standing(record)]
                for c, record in records.items()
            ],
            "moves": [[c.number, c.before, c.after] for c in operation.items],
            "must_added": _written(operation.must_added),
            "must_taken": _written(operation.must_taken),
            "cannot_added": _written(operation.cannot_added),
            "cannot_taken": _written(operation.cannot_taken),
            "entry": self._shut(entry),
        }
        mine = [
            *(keys.operations(project), keys.membership(project), keys.clusters(project)),
            *(keys.pairs(project, "must"), keys.pairs(project, "cannot")),
            *(keys.placements(project), *kept(project)),
        ]
        return bool(await self._scripts.run("operate", mine, [json.dumps(plan)]))

    async def show(self, project: int, name: str, checksum: str) -> None:
        """A preview was shown, under the name of what was asked for and where."""
        await self._redis.set(keys.preview(project, name), checksum, ex=PREVIEW_SECONDS)

    async def shown(self, project: int, name: str) -> str:
        """Digest of the preview that was shown last; "" for none."""
        return text(await self._redis.get(keys.preview(project, name)))


def _written(links: Iterable[Pair]) -> list[str]:
    return [f"{a},{b}" for a, b in sorted(links)]
