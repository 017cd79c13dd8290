"""A run on a folder of this machine: no GitHub, no Redis, no account; its record is in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from typing_extensions import override

from bot.domain.errors import Unavailable
from bot.domain.fixes.patch import Patch, Tree, apply, diff
from bot.domain.fixes.plan import Plan, extract_plan
from bot.domain.fixes.run import Case, FixRun, StepName
from bot.domain.models import Item, Verdict
from bot.domain.ports import Agent, Sandboxes
from bot.repo_config import RepoConfig
from workers.fixes import planning
from workers.fixes.steps import policy, prove, repair, reproduce
from workers.fixes.steps.context import Ended, OpenModel, RunContext
from workers.fixes.steps.drive import Steps, conclude, drive

Log = Callable[[str], None]


class LocalRun(RunContext):
    """The context of ``soulcaster fix PATH``.

    ``proved`` is the whole patch once it is proved, ``reproduction`` the failing test alone.
    """

    def __init__(
        self,
        run: FixRun,
        tree: Tree,
        case: Case,
        *,
        config: RepoConfig,
        sandboxes: Sandboxes,
        template: str,
        agents: Sequence[Agent],
        open_model: OpenModel,
        log: Log,
        brings_environment: bool = False,
        beside: Tree = MappingProxyType({}),
    ) -> None:
        self._beside = beside
        self.brings_environment = brings_environment
        self.run = run
        self.proved = Patch()
        self.reproduction = Patch()
        self.base = tree
        self._case, self._config, self._log, self._agents = case, config, log, agents
        self.sandboxes, self.template, self.open_model = sandboxes, template, open_model
        self.mark = {"local": run.command}
        self.now = lambda: datetime.now(UTC)
        self._plan: Plan | None = None
        self._left: dict[str, bytes] = {}
        self._stopped_by = ""

    def stop(self, who: str) -> None:
        """Ask for a stop."""
        self._stopped_by = who

    @override
    async def change(self, decide: Callable[[FixRun], FixRun]) -> FixRun:
        self.run = decide(self.run)
        return self.run

    @override
    async def put(self, name: str, data: bytes) -> None:
        self._left[name] = data
        if name == "test":
            self.reproduction = await self.patch("test")

    @override
    async def left(self, name: str) -> bytes:
        return self._left[name]

    @override
    async def write(self, line: str) -> None:
        self._log(line)

    @override
    async def stop_asked(self) -> str:
        return self._stopped_by

    @override
    async def notes(self) -> Sequence[str]:
        return ()

    @override
    async def config(self) -> RepoConfig:
        return self._config

    @override
    async def beside(self) -> Tree:
        return self._beside

    @override
    async def case(self) -> Case:
        return self._case

    @override
    async def vouched(self, item: Item) -> bool:
        return True  # by whoever names the report in their own shell

    @override
    async def plan(self) -> Plan:
        if self._plan is None:
            cluster, items = self._case.cluster, self._case.items
            plan = extract_plan(cluster, items)
            async with self.model("plan") as model:
                if model is not None:
                    plan, _ = await planning.draft(model, plan, cluster, items, paths=self.base)
            self._plan = plan
        return self._plan

    @override
    async def agent(self) -> Agent:
        return self._agents[self.run.tried]

    @override
    def labels(self) -> Mapping[str, str]:
        return {**self.mark, "repository": self.run.base}

    @override
    def key(self) -> str:
        return self.run.command


async def _fetch(context: LocalRun) -> None:
    """The folder was read before the run began: what happens to it now is not seen."""
    await context.put_tree("base", context.base)
    await context.tell(f"{len(context.base)} files")


async def _keep(context: LocalRun) -> None:
    """Keep test and fix as one patch."""
    patched = apply(apply(context.base, await context.patch("test")), await context.patch("fix"))
    context.proved = diff(context.base, patched)


STEPS: Steps[LocalRun] = {
    StepName.FETCH: _fetch,
    StepName.REPRODUCE: reproduce.reproduce,
    StepName.REPAIR: repair.repair_beside_suite,
    StepName.PROVE: prove.prove,
    StepName.POLICY: policy.check_policy,
    StepName.PUBLISH: _keep,
}


async def work(context: LocalRun) -> None:
    """Take the run to its end. No sandbox is left, however it ends.

    A sandbox that died is survived, the third one is its end.
    """
    try:
        ended = await _driven(context, tries=3)
    finally:
        await asyncio.shield(context.kill_sandboxes())
    await conclude(context, ended)


async def _driven(context: LocalRun, *, tries: int) -> Ended:
    try:
        return await drive(context, STEPS)
    except Unavailable as error:
        if tries <= 1:
            return Ended(Verdict.TESTS_DO_NOT_RUN, str(error))
        await context.log(f"{error} Trying again.")
        return await _driven(context, tries=tries - 1)
