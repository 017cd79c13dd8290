"""Versions of a fix, and the attempts at the next one; each is there once, by its natural key."""

from collections.abc import Callable, Sequence

from bot.domain.errors import NotFound
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.versions import Revision, Version, first_version
from bot.storage import keys
from bot.storage.store import Store


class Versions(Store):
    """The versions of every run."""

    async def all(self, project: int, run: FixRun) -> list[Version]:
        """Oldest first. The first one is the run's own. Raises NotFound without a pull request."""
        found = await self._all(keys.versions(project, run.number), Version)
        return sorted(found, key=lambda version: version.number) or [first_version(run)]

    async def add(self, project: int, run: int, version: Version) -> None:
        """Write a version down; one that is there stays as it is."""
        await self._redis.hsetnx(
            keys.versions(project, run), version.name, self._seal.shut(version.model_dump_json())
        )

    async def open(self, project: int, revision: Revision) -> Revision:
        """Write an attempt down, or find the one that the same review or command has made."""
        key = keys.revisions(project, revision.work.number)
        await self._redis.hsetnx(key, revision.key, self._shut(revision))
        await self._redis.expire(key, self._keep.evidence)
        return await self.get(project, revision.work.number, revision.key)

    async def get(self, project: int, run: int, key: str) -> Revision:
        """One attempt. Raises NotFound."""
        if found := await self._one(keys.revisions(project, run), key, Revision):
            return found
        raise NotFound(f"F-{run} was never asked for this revision.")

    async def attempts(self, project: int, run: int) -> list[Revision]:
        """Every attempt, oldest first."""
        found = await self._all(keys.revisions(project, run), Revision)
        return sorted(found, key=lambda revision: revision.work.created_at)

    async def disown(self, project: int, *of: str) -> None:
        """A review or comment is no longer only its author's words, or its thread is resolved."""
        await self._redis.sadd(keys.disowned(project), *of)

    async def own(self, project: int, *of: str) -> None:
        """They are asked for again."""
        await self._redis.srem(keys.disowned(project), *of)

    async def disowned(self, project: int, of: Sequence[str]) -> set[str]:
        """Which of these are not; ``of`` names one at least."""
        found = await self._redis.smismember(keys.disowned(project), list(of))
        return {key for key, foreign in zip(of, found, strict=True) if foreign}

    async def update(
        self, project: int, run: int, key: str, decide: Callable[[Revision], Revision]
    ) -> Revision:
        """Replace the newest record by what ``decide`` makes of it, whatever others do."""
        return await self._replace(
            keys.revisions(project, run),
            key,
            Revision,
            decide,
            name=f"F-{run}",
            missing=f"F-{run} was never asked for this revision.",
        )
