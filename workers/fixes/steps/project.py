"""A run on a project of GitHub, and a revision of its fix: their records, blobs and logs are in
Redis."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from typing_extensions import override

from bot.adapters.choose_agent import agents, sends_to
from bot.context import Context
from bot.domain.commands.rights import WRITERS
from bot.domain.fixes.patch import Tree, tree_from_tar
from bot.domain.fixes.plan import Plan
from bot.domain.fixes.run import Case, FixRun
from bot.domain.fixes.versions import Revision
from bot.domain.memory.shelf import Along, named
from bot.domain.models import Item, Person, Project, Verdict
from bot.domain.ports import Agent
from bot.github import people
from bot.jobs import CLAIM
from bot.repo_config import RepoConfig
from workers.fixes import planning
from workers.fixes.steps.context import Ended, RunContext
from workers.fixes.steps.starting import unnamed
from workers.memory import shelf


class ProjectRun(RunContext):
    """The context of a job."""

    def __init__(self, ctx: Context, project: Project, run: FixRun) -> None:
        self.ctx, self.project, self.run = ctx, project, run
        self.now = ctx.now
        self.open_model = lambda purpose: ctx.models.open(project.id, purpose, run.number)
        self.sandboxes, self.template = ctx.sandboxes, ctx.settings.soulcaster_e2b_template
        self.mark = {"project": str(project.id), "run": str(run.number)}
        self._config: RepoConfig | None = None
        self._case: Case | None = None
        self._beside: Tree | None = None

    @override
    async def change(self, decide: Callable[[FixRun], FixRun]) -> FixRun:
        self.run = await self.ctx.runs.update(self.project.id, self.run.number, decide)
        return self.run

    @override
    async def put(self, name: str, data: bytes) -> None:
        await self.ctx.runs.put_blob(self.project.id, self.run.number, name, data)

    @override
    async def left(self, name: str) -> bytes:
        data = await self.ctx.runs.blob(self.project.id, self.run.number, name)
        if data is None:
            raise Ended(Verdict.LIMIT_REACHED, "What an earlier step left has expired.")
        return data

    @override
    async def write(self, line: str) -> None:
        await self.ctx.runs.log(self.project.id, self.run.number, line)

    @override
    async def stop_asked(self) -> str:
        if await self.ctx.projects.find(self.project.id) is None:
            return "the app's removal"
        return (await self.newest()).stop_asked_by

    async def newest(self) -> FixRun:
        """The record as it is now."""
        return await self.ctx.runs.get(self.project.id, self.run.number)

    @override
    async def notes(self) -> Sequence[str]:
        return await self.ctx.runs.notes(self.project.id, self.run.number)

    @override
    async def config(self) -> RepoConfig:
        if self._config is None:
            self._config = await self.ctx.configs.in_force(self.project)
        return self._config

    @override
    async def beside(self) -> Tree:
        if self._beside is None:
            held = await self.ctx.runs.blob(self.project.id, self.run.number, "submodules")
            self._beside = await asyncio.to_thread(tree_from_tar, held) if held else {}
        return self._beside

    @override
    async def case(self) -> Case:
        if self._case is None:
            self._case = Case.read(await self.left("case"))
        return self._case

    @override
    async def vouched(self, item: Item) -> bool:
        author = Person(login=item.author, user_id=item.author_id)
        if author.user_id is None:
            return False
        return await people.role(self.ctx.github.repo(self.project), author) in WRITERS

    @override
    async def plan(self) -> Plan:
        plan = await self._written() or await self._write_plan()
        if self.run.plan_version != plan.version:
            await self.set(plan_version=plan.version, plan_approved_by=plan.approved_by)
        return plan.model_copy(update={"steering": (*plan.steering, *await self.notes())})

    async def _written(self) -> Plan | None:
        """The run's plan; its revisions go by it, too."""
        held = await self.ctx.runs.blob(self.project.id, self.run.number, "plan")
        return Plan.read(held) if held else None

    async def _write_plan(self) -> Plan:
        """From the reports of the case, once a run."""
        case = await self.evidence()
        async with self.model("plan") as model:
            plan = await planning.plan_for(
                self.ctx,
                self.project,
                case.cluster,
                model=model,
                readers=self.run.audience,
                items=case.items,
                paths=tuple(await self.tree("base")),
            )
        await self.ctx.runs.freeze(
            self.project.id, self.run.number, "plan", plan.model_dump_json().encode()
        )
        return await self._written() or plan

    @override
    async def files(self) -> Along:
        case = await self.evidence()
        of = (case.cluster, case.shown(self.run.audience))
        found = await shelf.along(self.ctx, self.project.id, of, self.run.audience, self.run.name)
        names = *named(found.chosen), *(path.rpartition("/")[2] for path in found.images)
        if self.run.files != names:
            await self.set(files=names)
        return found

    @override
    async def agent(self) -> Agent:
        choices = await self.ctx.models.choices(self.project.id, self.run.number)
        vendors = sends_to(self.run.agent, choices)
        if refused := unnamed(self.project, vendors, (await self.config()).fix.agents):
            raise Ended(Verdict.REFUSED_BY_POLICY, refused)
        model = self.run.own.model if self.run.own else ""
        return agents(self.run.agent, choices, model)[self.run.tried]

    @override
    def labels(self) -> Mapping[str, str]:
        """``lease`` and ``token`` name the claim that opened it: the sandbox ends with it."""
        claim = CLAIM.get()
        return {
            **self.mark,
            "repository": self.project.full_name,
            "commit": self.run.base_sha or "",
            "lease": claim.lease,
            "token": claim.token,
        }

    @override
    def key(self) -> str:
        return f"{self.project.id}-{self.run.name}-{self.ctx.jobs.fence()}"


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
        await super().put(f"{self.revision.id}:{self._namespace}:{name}", data)

    async def left(self, name: str) -> bytes:
        if name == "case":
            return await super().left(name)
        return await super().left(f"{self.revision.id}:{self._namespace}:{name}")

    async def newest(self) -> FixRun:
        held = await self.ctx.versions.get(self.project.id, self.run.number, self.revision.key)
        return held.work

    async def notes(self) -> Sequence[str]:
        who = self.run.requested_by
        asked = [f"@{who}: {words}" for words in self.revision.words]
        asked += [f"@{who}, on {r.path}: {r.words}" for r in self.revision.remarks]
        return [*await super().notes(), *asked]

    def key(self) -> str:
        return f"{super().key()}-{self.revision.id}"

    async def forget(self) -> None:
        """Drop what the steps have left."""
        names = [
            f"{self.revision.id}:{namespace}:{name}"
            for namespace in ("head", "origin")
            for name in ("base", "head", "test", "fix", "restored", "delta")
        ]
        await self.ctx.runs.drop_blobs(self.project.id, self.run.number, *names)
