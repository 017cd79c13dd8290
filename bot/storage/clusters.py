"""Clusters and who is in them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.audience import Audience
from bot.domain.clusters.engine.links import Pair
from bot.domain.clusters.standing import ENDINGS
from bot.domain.errors import NotFound
from bot.domain.models import Cluster, Ending
from bot.storage import keys
from bot.storage.leases import LeaseLost
from bot.storage.overview import ALIKE, kept, standing
from bot.storage.store import Store
from bot.storage.text import number, pair_of, text

# How many of its items are read to say what a cluster is: it may have any number.
OLDEST, NEWEST = 10, 40


class Clusters(Store):
    """The clusters of every project."""

    async def place(
        self,
        project: int,
        item: int,
        cluster: int | None,
        *,
        now: datetime,
        title: str,
        audience: Audience,
        evidence: str,
        corrections: int,
        lease: str,
        token: str,
        judge: bool = False,
        alike: Mapping[str, float] | None = None,
    ) -> int | None:
        """Put a waiting item into a cluster, or into a new one; the cluster's number.

        ``judge`` puts it on the list of what the language model is asked about, in the same step;
        ``alike`` are pairs that may be one problem.

        Only the holder of the lease may: raises LeaseLost otherwise. An item that has a cluster
        keeps it. None when there are no longer as many ``corrections`` as the decision knew of:
        decide again."""
        fresh = Cluster(number=0, audience=audience, title=title, created_at=now, updated_at=now)
        found = await self._scripts.run(
            "place",
            [
                *(lease, keys.membership(project), keys.waiting(project), keys.clusters(project)),
                *(keys.counter(project, "cluster"), keys.evidence(project)),
                *(keys.operations(project), keys.to_ask(project, "judge")),
                *(keys.placements(project), keys.alike(project), *kept(project)),
            ],
            [
                *(token, item, cluster or 0, standing(fresh)),
                self._seal.shut(fresh.model_dump_json(exclude={"number"})),
                *(self._seal.shut(evidence), corrections, int(judge), ALIKE),
                *(part for two, chance in (alike or {}).items() for part in (chance, two)),
            ],
        )
        if int(found) == -1:
            raise LeaseLost(lease)
        return int(found) if int(found) > 0 else None

    async def get(self, project: int, cluster: int) -> Cluster:
        """By number; follows redirects of merged clusters. Raises NotFound."""
        for _ in range(64):
            record = await self._one(keys.clusters(project), cluster, Cluster)
            if record is None:
                raise NotFound(f"There is no C-{cluster} in this project.")
            if record.redirect is None:
                return record
            cluster = record.redirect
        raise NotFound(f"C-{cluster} redirects in a circle.")

    async def records(self, project: int, clusters: list[int]) -> dict[int, Cluster]:
        """Those that exist, by number, as they are: redirects are not followed."""
        records = await self._some(keys.clusters(project), clusters, Cluster)
        return {record.number: record for record in records}

    async def change(self, project: int, cluster: int, **fields: Any) -> Cluster:
        """Set fields on the newest record, whatever others change meanwhile."""
        return await self.update(project, cluster, lambda record: fields)

    async def update(
        self, project: int, cluster: int, decide: Callable[[Cluster], dict[str, Any]]
    ) -> Cluster:
        """Set what ``decide`` returns for the newest record (nothing: no change)."""

        def changed(record: Cluster) -> Cluster:
            wanted = decide(record)
            if wanted.get("state", record.state) is not record.state:
                wanted = {"state_by": "", "state_at": None, **wanted}  # nobody's, unless it says so
            return Cluster.model_validate({**dict(record), **wanted})

        return await self._replace(
            keys.clusters(project),
            str(cluster),
            Cluster,
            changed,
            name=f"C-{cluster}",
            script="restate",
            more_keys=kept(project),
            beside=lambda changed: [standing(changed)],
        )

    async def vanish(self, project: int, cluster: int, may: Callable[[Cluster], bool]) -> bool:
        """Take a cluster without reports away, where it ``may`` go; whether it went."""
        held = await self._redis.hget(keys.clusters(project), str(cluster))
        if held is None or not may(Cluster.read(self._seal.open(held))):
            return False
        of = keys.members(project, cluster), keys.tally(project, cluster)
        mine = [keys.clusters(project), keys.standings(project), *of]
        return bool(await self._scripts.run("vanish", mine, [cluster, held]))

    async def redirected_to(self, project: int) -> set[int]:
        """Clusters that others were merged into."""
        entries = self._redis.hscan_iter(keys.clusters(project))
        records = [Cluster.read(self._seal.open(kept)) async for _, kept in entries]
        return {record.redirect for record in records if record.redirect is not None}

    async def sample(
        self, project: int, cluster: int, *, oldest: int = OLDEST, newest: int = NEWEST
    ) -> list[int]:
        """The numbers of its oldest and of its newest items, oldest first."""
        key = keys.members(project, cluster)
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zrange(key, 0, oldest - 1)
            if newest:
                pipe.zrange(key, -newest, -1)
            return sorted({number(item) for found in await pipe.execute() for item in found})

    async def first_items(self, project: int, clusters: Sequence[int]) -> dict[int, int]:
        """The oldest item of each of these clusters that has one."""
        wanted = [keys.members(project, cluster) for cluster in clusters]
        found = await self._scripts.run("each", wanted, ["ZRANGE", 0, 0]) if wanted else []
        return {c: number(first[0]) for c, first in zip(clusters, found, strict=True) if first}

    async def ended(self, project: int, cluster: int) -> dict[Ending, int]:
        """How many of a cluster's issues ended, by how they did."""
        sets = [keys.ended(project, how) for how in ENDINGS]
        found = await self._scripts.run("ended", [keys.members(project, cluster), *sets], [])
        return dict(zip(ENDINGS, found, strict=True))

    async def alike(self, project: int) -> list[tuple[Pair, float]]:
        """Pairs of items that may be one problem, the likeliest first."""
        key = keys.alike(project)
        found: Any = await self._redis.zrange(key, 0, -1, desc=True, withscores=True)
        return [(pair_of(two), float(chance)) for two, chance in found]

    async def evidence(self, project: int, item: int) -> str:
        """Why an item went where it went, as JSON; "" when nothing is known."""
        return (await self.evidence_of(project, [item]))[0]

    async def evidence_of(self, project: int, items: Sequence[int]) -> list[str]:
        """The same of several items, in their order."""
        names = [str(item) for item in items]
        found = await self._redis.hmget(keys.evidence(project), names) if names else []
        return [self._seal.open(text(value)) for value in found]
