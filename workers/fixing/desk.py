"""What every step of a run works with: its record, its sandboxes, its log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bot.context import Context
from bot.domain.models import Item, Project, Ran, Verdict
from bot.domain.patch import Entry, Patch, Tree, tar_from_tree, tree_from_tar
from bot.domain.ports import Finished, Limits, Sandbox
from bot.domain.run import FixRun, StepName
from bot.log import redact
from bot.repo_config import RepoConfig

TAIL = 3_000


class Ended(Exception):
    """The run is over, for better or worse."""

    def __init__(self, verdict: Verdict, reason: str) -> None:
        super().__init__(f"{verdict.value}: {reason}")
        self.verdict = verdict
        self.reason = reason


class Desk:
    """One run being worked on. ``run`` is the newest record this process has seen."""

    def __init__(self, ctx: Context, project: Project, run: FixRun) -> None:
        self.ctx = ctx
        self.project = project
        self.run = run
        self._config: RepoConfig | None = None

    async def change(self, decide: Callable[[FixRun], FixRun]) -> FixRun:
        """Write the record down."""
        self.run = await self.ctx.runs.update(self.project.id, self.run.number, decide)
        return self.run

    async def set(self, **fields: Any) -> FixRun:
        """Set fields of the record."""
        fields["updated_at"] = self.ctx.now()
        return await self.change(lambda run: run.model_copy(update=fields))

    async def step(self, name: StepName, **fields: Any) -> FixRun:
        """Set fields of one step."""
        return await self.change(lambda run: run.with_step(name, **fields))

    async def tell(self, words: str) -> None:
        """Say how the step that runs is doing: on the card, and in the log."""
        step = self.run.step
        if step is not None:
            await self.step(step.name, note=redact(words)[:200])
        await self.log(words)

    async def log(self, words: str) -> None:
        """Add to the run's log, without secrets."""
        stamp = f"{self.ctx.now():%H:%M:%S}"
        for line in redact(words).splitlines()[:200]:
            await self.ctx.runs.log(self.project.id, self.run.number, f"{stamp} {line}")

    async def config(self) -> RepoConfig:
        """What the project decided, read once a run."""
        if self._config is None:
            self._config = await self.ctx.repo_config(self.project)
        return self._config

    async def items(self) -> list[Item]:
        """The cluster's reports."""
        members = await self.ctx.clusters.members(self.project.id, self.run.cluster)
        return [i for i in await self.ctx.items.many(self.project.id, members) if not i.gone]

    async def put_tree(self, name: str, tree: Tree) -> None:
        """Leave a tree for the next step."""
        data = tar_from_tree(tree)
        await self.ctx.runs.put_blob(self.project.id, self.run.number, name, data)

    async def tree(self, name: str) -> Mapping[str, Entry]:
        """A tree that an earlier step left. Raises Ended when it has expired."""
        data = await self.ctx.runs.blob(self.project.id, self.run.number, name)
        if data is None:
            raise Ended(Verdict.LIMIT_REACHED, "What an earlier step left has expired.")
        return tree_from_tar(data)

    async def put_patch(self, name: str, patch: Patch) -> None:
        """Leave a patch for the next step."""
        data = patch.model_dump_json().encode()
        await self.ctx.runs.put_blob(self.project.id, self.run.number, name, data)

    async def patch(self, name: str) -> Patch:
        """A patch that an earlier step left. Raises Ended when it has expired."""
        data = await self.ctx.runs.blob(self.project.id, self.run.number, name)
        if data is None:
            raise Ended(Verdict.LIMIT_REACHED, "What an earlier step left has expired.")
        return Patch.model_validate_json(data)

    @staticmethod
    def own_files(path: str) -> bool:
        """What we put into a sandbox for ourselves."""
        return path == ".soulcaster" or path.startswith(".soulcaster/")

    @asynccontextmanager
    async def sandbox(self, tree: Tree) -> AsyncIterator[Sandbox]:
        """A fresh sandbox with a checkout of ``tree`` in it; it dies with the block."""
        config = await self.config()
        left = self.run.seconds_allowed
        made = await self.ctx.sandboxes.open(
            template=self.ctx.settings.soulcaster_e2b_template,
            limits=Limits(seconds=left + 120),
            egress=config.fix.egress,
            key=f"{self.project.id}-{self.run.name}-{self.ctx.jobs.fence()}-{self._next()}",
            labels={
                "project": str(self.project.id),
                "run": str(self.run.number),
                "repository": self.project.full_name,
            },
        )
        try:
            await made.upload(tar_from_tree(tree))
            yield made
        finally:
            await made.kill()

    _opened = 0

    def _next(self) -> int:
        self._opened += 1
        return self._opened

    async def kill_sandboxes(self) -> None:
        """End whatever sandbox a crashed step of this run has left."""
        mine = {"project": str(self.project.id), "run": str(self.run.number)}
        for sandbox, labels in (await self.ctx.sandboxes.alive()).items():
            if all(labels.get(name) == value for name, value in mine.items()):
                await self.ctx.sandboxes.kill(sandbox)


def ran(finished: Finished) -> Ran:
    """A finished command as evidence."""
    output = (finished.stdout + "\n" + finished.stderr).strip()
    return Ran(
        command=finished.command,
        exit_code=finished.exit_code,
        seconds=round(finished.seconds, 3),
        tail=redact(output[-TAIL:]),
    )
