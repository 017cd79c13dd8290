"""Fix runs, one active a cluster, each step written down before the next begins."""

from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio.client import Pipeline

from bot.domain.errors import NotFound
from bot.domain.fixes.run import FixRun
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import number, text

_LOGGED = 500  # lines
BLOB_SECONDS = 30 * 24 * 3600
# Sent at once: more would hold the event loop.
PIECE = 4 * 1024 * 1024


class Runs(Store):
    """The runs of every project."""

    async def open(self, project: int, run: FixRun) -> tuple[FixRun, bool]:
        """Start a run, or join the cluster's active one; whether it is this command's own. The same
        command again finds the run it made."""
        mine = [
            *(keys.run_keys(project), keys.active_runs(project), keys.counter(project, "run")),
            *(keys.runs(project), keys.cluster_runs(project)),
        ]
        record = self._seal.shut(run.model_dump_json(exclude={"number"}))
        found = await self._scripts.run("open_run", mine, [run.command, record, run.listed])
        return await self.get(project, int(found[0])), bool(found[1])

    async def get(self, project: int, run: int) -> FixRun:
        """One run. Raises NotFound."""
        for found in await self.many(project, [run]):
            return found
        raise NotFound(f"There is no F-{run} in this project.")

    async def active(self, project: int, cluster: int) -> FixRun | None:
        """The cluster's run that has not ended."""
        found = number(await self._redis.hget(keys.active_runs(project), str(cluster)))
        return await self.get(project, found) if found else None

    async def under_way(self, project: int) -> list[int]:
        """The numbers of the runs that have not ended."""
        return [number(found) for found in await self._redis.hvals(keys.active_runs(project))]

    async def of_cluster(self, project: int, cluster: int) -> list[FixRun]:
        """A cluster's runs, newest first."""
        found = text(await self._redis.hget(keys.cluster_runs(project), str(cluster)))
        return await self.many(project, [int(run) for run in reversed(found.split(",")) if run])

    async def newest(self, project: int, clusters: Sequence[int]) -> dict[int, FixRun]:
        """The newest run of each of these clusters that has one."""
        if not clusters:
            return {}
        found = await self._redis.hmget(keys.cluster_runs(project), [str(c) for c in clusters])
        numbers = [int(text(runs).rpartition(",")[2]) for runs in found if runs]
        return {run.cluster: run for run in await self.many(project, numbers)}

    async def many(self, project: int, numbers: Sequence[int]) -> list[FixRun]:
        """Those that exist, in the order asked for."""
        return await self._some(keys.runs(project), numbers, FixRun)

    async def all(self, project: int) -> list[FixRun]:
        """Every run, newest first."""
        return await self._all(keys.runs(project), FixRun, lambda run: -run.number)

    async def of_pull(self, project: int, pull: int) -> FixRun | None:
        """The run that opened a pull request."""
        found = number(await self._redis.hget(keys.run_pulls(project), str(pull)))
        return await self.get(project, found) if found else None

    async def update(self, project: int, run: int, decide: Callable[[FixRun], FixRun]) -> FixRun:
        """Replace the newest record by what ``decide`` makes of it, whatever others do."""
        of = keys.runs(project), str(run), FixRun, decide
        changed = await self._replace(*of, name=f"F-{run}")
        await self._list(project, changed)
        return changed

    async def _list(self, project: int, run: FixRun) -> None:
        """Have it found by its pull request; one that has ended is no longer active."""
        if run.pull_request is not None:
            await self._redis.hset(keys.run_pulls(project), str(run.pull_request), run.number)
        if run.ended:
            two = [keys.active_runs(project), keys.verdicts()]
            arguments = [run.listed, run.number, run.verdict or run.state]
            await self._scripts.run("end_run", two, arguments)

    async def verdicts(self) -> dict[str, int]:
        """Verdict -> runs of all projects that ended so."""
        found = await self._redis.hgetall(keys.verdicts())
        return {text(verdict): number(count) for verdict, count in found.items()}

    async def rebuild(self, project: int) -> None:
        """List all runs anew, while others go on changing them."""

        async def relist(pipe: Pipeline) -> None:
            runs = await self.all(project)
            known: dict[str, list[str]] = {}
            for run in reversed(runs):
                known.setdefault(run.listed, []).append(str(run.number))
            pipe.multi()  # type: ignore[no-untyped-call]
            for cluster, numbers in known.items():
                pipe.hset(keys.cluster_runs(project), cluster, ",".join(numbers))
            for run in runs:
                if not run.ended:
                    pipe.hsetnx(keys.active_runs(project), run.listed, str(run.number))

        # Done anew when a run was opened meanwhile.
        await self._redis.transaction(relist, keys.counter(project, "run"))
        for run in await self.all(project):  # what has ended meanwhile
            await self._list(project, run)

    async def note(self, project: int, run: int, who: str, words: str) -> None:
        """A steering note, heard before the agent's next step."""
        key = keys.run_notes(project, run)
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.rpush(key, self._seal.shut(f"{who}: {words}"))
            pipe.expire(key, BLOB_SECONDS)
            await pipe.execute()

    async def notes(self, project: int, run: int) -> list[str]:
        """Every steering note, oldest first."""
        return await self._words(keys.run_notes(project, run))

    async def log(self, project: int, run: int, line: str) -> None:
        """Add a line to the run's log; the newest 500 stay."""
        key, count = keys.run_log(project, run), keys.run_logged(project, run)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.rpush(key, self._seal.shut(line[:2_000]))
            pipe.ltrim(key, -_LOGGED, -1)
            pipe.incr(count)
            pipe.expire(key, self._keep.logs)
            pipe.expire(count, self._keep.logs)
            await pipe.execute()

    async def log_after(self, project: int, run: int, number: int) -> list[tuple[int, str]]:
        """Lines after that number, each with its own; of those that are kept."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(keys.run_logged(project, run))
            pipe.lrange(keys.run_log(project, run), 0, -1)
            count, found = await pipe.execute()
        first = max(int(count or 0), len(found)) - len(found) + 1
        numbered = enumerate(found, first)
        return [(at, self._seal.open(line)) for at, line in numbered if at > number]

    async def log_tail(self, project: int, run: int, lines: int = 60) -> list[str]:
        """The last lines of the log."""
        return await self._words(keys.run_log(project, run), -lines)

    async def put_blob(self, project: int, run: int, name: str, data: bytes) -> None:
        """What a step leaves for the next one. It is whole when this returns."""
        kept, key = await self._seal.shut_bytes(data), keys.run_blob(project, run, name)
        await self._redis.set(key, kept[:PIECE], ex=BLOB_SECONDS)
        for start in range(PIECE, len(kept), PIECE):
            await self._redis.append(key, kept[start : start + PIECE])

    async def freeze(self, project: int, run: int, name: str, data: bytes) -> None:
        """The same, but what is there already stays."""
        kept = await self._seal.shut_bytes(data)
        await self._redis.set(keys.run_blob(project, run, name), kept, ex=BLOB_SECONDS, nx=True)

    async def blob(self, project: int, run: int, name: str) -> bytes | None:
        """What a step left."""
        found: Any = await self._redis.get(keys.run_blob(project, run, name))
        return await self._seal.open_bytes(bytes(found)) if found is not None else None

    async def drop_blobs(self, project: int, run: int, *names: str) -> None:
        """Forget what only the run itself needed."""
        await self._redis.delete(*(keys.run_blob(project, run, name) for name in names))
