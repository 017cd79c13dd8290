"""What every step of a run works with, wherever its record is kept."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from bot.domain.fixes.patch import Patch, Tree, tar_from_tree, tree_from_tar
from bot.domain.fixes.plan import Plan
from bot.domain.fixes.proof import Suite
from bot.domain.fixes.run import Case, FixRun, StepName
from bot.domain.memory.shelf import Along
from bot.domain.models import Item, Purpose, Ran, Verdict
from bot.domain.ports import Agent, Blocked, Finished, LanguageModel, Limits, Sandbox, Sandboxes
from bot.domain.secrets import redact
from bot.repo_config import RepoConfig

TAIL = 3_000
# What a build leaves in its environment: an archive of what it made in the checkout, and what it
# could not install.
OURS = '"$VIRTUAL_ENV/.soulcaster"'
BRING_ALONG = f"tar -xvkf {OURS}/made.tar 2>/dev/null; cat {OURS}/missing >&2"

OpenModel = Callable[[Purpose], Awaitable[LanguageModel | None]]


class Ended(Exception):
    """The run is over, for better or worse; ``verdict`` is None where something broke."""

    def __init__(self, verdict: Verdict | None, reason: str) -> None:
        super().__init__(": ".join(filter(None, (verdict and verdict.value, reason))))
        self.verdict, self.reason = verdict, reason


class RunContext(ABC):
    """One run being worked on. ``run`` is the newest record this process has seen. ``ProjectRun``
    keeps it in Redis for a project on GitHub, ``LocalRun`` in memory for a folder. ``sandboxes``
    are where code of others runs, opened from ``template`` and known as this run's by the labels in
    ``mark``. ``environment`` names what is installed in them, ``made`` are the files that its build
    made in the checkout. ``material`` is what there is to go by beside the reports: strangers wrote
    it, too. ``open_model`` makes a language model that nobody else uses, or None."""

    run: FixRun
    now: Callable[[], datetime]
    sandboxes: Sandboxes
    template: str
    mark: Mapping[str, str]
    open_model: OpenModel
    material = ""
    # Whether this machine's own folders hold what the tests need.
    brings_environment = False
    environment = ""
    made: Collection[str] = ()
    before: Suite | None = None  # on the base, where this process has run it

    @property
    def has_environment(self) -> bool:
        """Whether tests run in what was installed for them."""
        return bool(self.environment) or self.brings_environment

    @abstractmethod
    async def change(self, decide: Callable[[FixRun], FixRun]) -> FixRun:
        """Write the record down."""

    @abstractmethod
    async def put(self, name: str, data: bytes) -> None:
        """Leave something for the next step."""

    @abstractmethod
    async def left(self, name: str) -> bytes:
        """What an earlier step left. Raises Ended when it has expired."""

    @abstractmethod
    async def write(self, line: str) -> None:
        """Add one line to the run's log; it holds no secret."""

    @abstractmethod
    async def stop_asked(self) -> str:
        """Who asked for a stop; empty when nobody did."""

    @abstractmethod
    async def notes(self) -> Sequence[str]:
        """Every steering note so far."""

    @abstractmethod
    async def config(self) -> RepoConfig:
        """What the project decided, the same for the whole run."""

    @abstractmethod
    async def case(self) -> Case:
        """The reports, as they stood when the run was asked for."""

    @abstractmethod
    async def vouched(self, item: Item) -> bool:
        """Whether a report is by somebody who may have code run here."""

    @abstractmethod
    async def plan(self) -> Plan:
        """What the agent goes by."""

    async def files(self) -> Along:
        """What of the project's files goes along."""
        return Along()

    @abstractmethod
    async def agent(self) -> Agent:
        """The agent whose turn it is. Raises Ended where code may not leave for it."""

    @abstractmethod
    def labels(self) -> Mapping[str, str]:
        """What every sandbox of this run bears: its mark, and what it is opened for."""

    @abstractmethod
    def key(self) -> str:
        """Names this try of the run: another one must not get its sandboxes."""

    async def beside(self) -> Tree:
        """Files of submodules: there when tests run, and no part of a patch."""
        return {}

    async def evidence(self) -> Case:
        """The reports that a run may go by. Without isolation what a stranger asks to be called
        is not run: who trusts a repository trusts its code, not every report about it."""
        case = await self.case()
        if await asyncio.to_thread(lambda: self.sandboxes.isolation) != "none":
            return case
        kept = [item for item in case.items if await self.vouched(item)]
        return case.model_copy(update={"items": tuple(kept)})

    async def set(self, **fields: Any) -> FixRun:
        """Set fields of the record."""
        fields["updated_at"] = self.now()
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
        stamp = f"{self.now():%H:%M:%S}"
        for line in redact(words).splitlines()[:200]:
            await self.write(f"{stamp} {line}")

    async def put_tree(self, name: str, tree: Tree) -> None:
        """Leave a tree for the next step."""
        await self.put(name, await asyncio.to_thread(tar_from_tree, tree))

    async def tree(self, name: str) -> Tree:
        """A tree that an earlier step left. Raises Ended when it has expired."""
        return await asyncio.to_thread(tree_from_tar, await self.left(name))

    async def put_patch(self, name: str, patch: Patch) -> None:
        """Leave a patch for the next step."""
        await self.put(name, await asyncio.to_thread(lambda: patch.model_dump_json().encode()))

    async def patch(self, name: str) -> Patch:
        """A patch that an earlier step left. Raises Ended when it has expired."""
        return await asyncio.to_thread(Patch.read, await self.left(name))

    @staticmethod
    def own_files(path: str) -> bool:
        """What we put into a sandbox for ourselves."""
        return path == ".soulcaster" or path.startswith(".soulcaster/")

    @asynccontextmanager
    async def sandbox(self, tree: Tree) -> AsyncIterator[Sandbox]:
        """A fresh sandbox with a checkout of ``tree`` in it; it dies with the block."""
        config = await self.config()
        self._opened += 1
        made = await self.sandboxes.open(
            template=self.template,
            limits=Limits(seconds=self.run.seconds_allowed + 120),
            egress=config.fix.egress if "network" in self.run.tools else (),
            key=f"{self.key()}-{self._opened}",
            labels=self.labels(),
            environment=self.environment,
        )
        try:
            whole = {**await self.beside(), **tree}
            await made.upload(await asyncio.to_thread(tar_from_tree, whole))
            if self.environment:
                await self._bring_along(made)
            yield made
        finally:
            try:
                wanted = made.blocked
                if wanted != Blocked():
                    more = self.run.blocked.plus(wanted.attempts, wanted.hosts)
                    await self.set(blocked=more)
            finally:
                await made.kill()

    async def _bring_along(self, sandbox: Sandbox) -> None:
        """What the build made in the checkout, where it has no such file itself."""
        done = await sandbox.run(BRING_ALONG, timeout=60)
        missing = [f"not installed: {line}" for line in done.stderr.splitlines() if line[:1] == "`"]
        if missing and missing[0] not in self.run.environment:
            await self.set(environment=(*self.run.environment, *missing))
        self.made = frozenset(line.removeprefix("./") for line in done.stdout.splitlines())

    @asynccontextmanager
    async def model(self, purpose: Purpose) -> AsyncIterator[LanguageModel | None]:
        """A language model for the block; what it cost is the run's, however the block ends."""
        model = await self.open_model(purpose)
        if model is None:
            yield None
            return
        try:
            yield model
        finally:
            try:
                await self.set(dollars=self.run.dollars + (model.spent.dollars or 0.0))
            finally:
                await model.close()

    _opened = 0

    async def kill_sandboxes(self) -> None:
        """End whatever sandbox a crashed step of this run has left."""
        for sandbox, labels in (await self.sandboxes.alive()).items():
            if self.mark.items() <= labels.items():
                await self.sandboxes.kill(sandbox)


def ran(finished: Finished) -> Ran:
    """A finished command as evidence."""
    output = (finished.stdout + "\n" + finished.stderr).strip()
    return Ran(
        command=finished.command,
        exit_code=finished.exit_code,
        seconds=round(finished.seconds, 3),
        tail=redact(output)[-TAIL:],
    )
