"""The desk of a revision: a run's desk with a record and blobs of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bot.context import Context
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.versions import Revision
from bot.domain.models import Project
from workers.fixes.steps.bench import Ended
from workers.fixes.steps.desk import Desk


class HandedOver(Ended):
    """People have pushed to the branch: it is theirs now."""

    def __init__(self) -> None:
        super().__init__(None, "People have pushed to the branch, so it is theirs now.")


class RevisionDesk(Desk):
    """The desk of a run, with the record and the blobs of one attempt at its next version."""

    def __init__(self, ctx: Context, project: Project, revision: Revision) -> None:
        super().__init__(ctx, project, revision.work)
        self.revision = revision
        self._shelf = "head"

    @contextmanager
    def shelf(self, name: str) -> Iterator[None]:
        """Read and leave what steps leave on this shelf."""
        before, self._shelf = self._shelf, name
        try:
            yield
        finally:
            self._shelf = before

    async def change(self, decide: Callable[[FixRun], FixRun]) -> FixRun:
        """See Bench."""
        await self.revise(lambda one: one.model_copy(update={"work": decide(one.work)}))
        return self.run

    async def revise(self, decide: Callable[[Revision], Revision]) -> Revision:
        """Write the attempt down."""
        self.revision = await self.ctx.versions.update(
            self.project.id, self.run.number, self.revision.key, decide
        )
        self.run = self.revision.work
        return self.revision

    async def put(self, name: str, data: bytes) -> None:
        """See Bench."""
        await super().put(f"{self.revision.id}:{self._shelf}:{name}", data)

    async def left(self, name: str) -> bytes:
        """See Bench."""
        if name == "case":
            return await super().left(name)
        return await super().left(f"{self.revision.id}:{self._shelf}:{name}")

    async def stop_asked(self) -> str:
        """See Bench."""
        found = await self.ctx.versions.get(self.project.id, self.run.number, self.revision.key)
        return found.work.stop_asked_by

    async def notes(self) -> Sequence[str]:
        """See Bench."""
        who = self.run.requested_by
        asked = [f"@{who}: {words}" for words in self.revision.words]
        asked += [f"@{who}, on {r.path}: {r.words}" for r in self.revision.remarks]
        return [*await super().notes(), *asked]

    def key(self) -> str:
        """See Bench."""
        return f"{super().key()}-{self.revision.id}"

    async def forget(self) -> None:
        """Drop what the steps have left."""
        names = [
            f"{self.revision.id}:{shelf}:{name}"
            for shelf in ("head", "origin")
            for name in ("base", "head", "test", "fix", "restored", "delta")
        ]
        await self.ctx.runs.drop_blobs(self.project.id, self.run.number, *names)
