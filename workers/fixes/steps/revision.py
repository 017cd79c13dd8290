"""The context of a revision: a run's context with a record and blobs of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bot.context import Context
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.versions import Revision
from bot.domain.models import Project
from workers.fixes.steps.context import Ended
from workers.fixes.steps.project import ProjectRun


class HandedOver(Ended):
    """People have pushed to the branch: it is theirs now."""

    def __init__(self) -> None:
        super().__init__(None, "People have pushed to the branch, so it is theirs now.")


class RevisionRun(ProjectRun):
    """The context of a run, with the record and the blobs of one attempt at its next version."""

    def __init__(self, ctx: Context, project: Project, revision: Revision) -> None:
        super().__init__(ctx, project, revision.work)
        self.revision = revision
        self._namespace = "head"
        if log := revision.log:
            self.material = f"These checks fail on the branch; the end of their logs:\n\n{log}"

    @contextmanager
    def namespace(self, name: str) -> Iterator[None]:
        """Read and leave what steps leave in this namespace."""
        before, self._namespace = self._namespace, name
        try:
            yield
        finally:
            self._namespace = before

    async def change(self, decide: Callable[[FixRun], FixRun]) -> FixRun:
        """See RunContext."""
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
        """See RunContext."""
        await super().put(f"{self.revision.id}:{self._namespace}:{name}", data)

    async def left(self, name: str) -> bytes:
        """See RunContext."""
        if name == "case":
            return await super().left(name)
        return await super().left(f"{self.revision.id}:{self._namespace}:{name}")

    async def newest(self) -> FixRun:
        """See ProjectRun."""
        held = await self.ctx.versions.get(self.project.id, self.run.number, self.revision.key)
        return held.work

    async def notes(self) -> Sequence[str]:
        """See RunContext."""
        who = self.run.requested_by
        asked = [f"@{who}: {words}" for words in self.revision.words]
        asked += [f"@{who}, on {r.path}: {r.words}" for r in self.revision.remarks]
        return [*await super().notes(), *asked]

    def key(self) -> str:
        """See RunContext."""
        return f"{super().key()}-{self.revision.id}"

    async def forget(self) -> None:
        """Drop what the steps have left."""
        names = [
            f"{self.revision.id}:{namespace}:{name}"
            for namespace in ("head", "origin")
            for name in ("base", "head", "test", "fix", "restored", "delta")
        ]
        await self.ctx.runs.drop_blobs(self.project.id, self.run.number, *names)
