"""Jobs that cluster a project again: one at a time, of which the newest are kept."""

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from bot.domain.errors import NotFound
from bot.domain.models import Place, Record
from bot.storage import keys
from bot.storage.store import Store

KEPT = 20


class ClusterJob(Record):
    """Clustering everything again, or (``dry_run``) finding out what that would change. ``seen`` of
    ``total`` reports were decided about. ``moved`` change their cluster: ``merged`` are clusters
    that end and where each goes, ``split`` those whose reports part. ``operation`` is what an undo
    takes back, None where nothing was done."""

    number: int = 0
    state: Literal["pending", "running", "succeeded"] = "pending"
    dry_run: bool
    requested_by: str
    command: str
    place: Place
    seen: int = 0
    total: int = 0
    moved: int = 0
    merged: dict[int, int] = Field(default_factory=dict)
    split: tuple[int, ...] = ()
    operation: int | None = None
    created_at: AwareDatetime


class ClusterJobs(Store):
    """Those of every project; each is written by whoever does it, and nobody else."""

    async def open(self, project: int, job: ClusterJob) -> ClusterJob:
        """The one of this command, else the one that is under way, else ``job``, numbered."""
        key = keys.cluster_jobs(project)
        while True:
            known = await self.all(project)
            for one in known:
                if one.command == job.command or one.state != "succeeded":
                    return one
            number = known[0].number + 1 if known else 1
            made = job.model_copy(update={"number": number}).model_dump_json()
            if await self._redis.hsetnx(key, str(number), made):
                await self._redis.hdel(key, str(number - KEPT))

    async def all(self, project: int) -> list[ClusterJob]:
        """Newest first."""
        return await self._all(keys.cluster_jobs(project), ClusterJob, lambda job: -job.number)

    async def get(self, project: int, number: int) -> ClusterJob:
        """One of them. Raises NotFound."""
        if found := await self._one(keys.cluster_jobs(project), number, ClusterJob):
            return found
        raise NotFound(f"There is no cluster job {number} in this project.")

    async def put(self, project: int, number: int, **fields: Any) -> ClusterJob:
        """Write these fields of it. Raises NotFound."""
        job = (await self.get(project, number)).model_copy(update=fields)
        await self._redis.hset(keys.cluster_jobs(project), str(number), job.model_dump_json())
        return job
