"""A run on a folder of this machine: no GitHub, no Redis, no account; its record is in memory,
and the folder is read and never touched."""

import asyncio
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from typing_extensions import override

from bot.domain.errors import NotFound, TooLarge, Unavailable
from bot.domain.fixes.environment import submodules
from bot.domain.fixes.patch import (
    DROPPING_FOLDERS,
    EXECUTABLE,
    REGULAR,
    SYMLINK,
    Entry,
    Patch,
    Tree,
    apply,
    diff,
)
from bot.domain.fixes.plan import Plan, extract_plan
from bot.domain.fixes.run import Case, FixRun, StepName
from bot.domain.models import Item, Verdict
from bot.domain.ports import Agent, Sandboxes
from bot.repo_config import RepoConfig
from workers.fixes import planning
from workers.fixes.steps import prove, repair, reproduce
from workers.fixes.steps.context import Ended, OpenModel, RunContext
from workers.fixes.steps.drive import Steps, conclude, drive

MAX_FILES = 100_000
MAX_BYTES = 500_000_000


def read_checkout(folder: Path, *, leave_out: Path | None = None) -> dict[str, Entry]:
    """The files below ``folder`` as they are now. Of a git checkout: what is tracked, and what is
    untracked and not ignored. Of any other folder: everything but what tools leave behind.
    ``leave_out`` is not read. Raises NotFound when there is nothing to read, TooLarge over the
    caps."""
    tree: dict[str, Entry] = {}
    size = 0
    listed = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    known = {os.fsdecode(name) for name in listed.split(b"\0") if name}
    for path in sorted(known or _all(folder)):
        there = folder / path
        if leave_out is not None and there.is_relative_to(leave_out):
            continue
        entry = _entry(there)
        if entry is None:
            continue
        tree[path] = entry
        size += len(entry.data)
        if len(tree) > MAX_FILES or size > MAX_BYTES:
            raise TooLarge(f"{folder} holds more than a fix run takes (100,000 files, 500 MB).")
    if not tree:
        raise NotFound(f"{folder} holds no files.")
    return tree


def read_submodules(folder: Path, tree: Tree) -> dict[str, Entry]:
    """The files of those submodules of ``tree`` that are checked out below ``folder``."""
    found: dict[str, Entry] = {}
    for path in submodules(tree):
        if (folder / path / ".git").exists() and (folder / path).resolve() == folder / path:
            there = read_checkout(folder / path)
            found |= {f"{path}/{name}": entry for name, entry in there.items()}
    return found


def day_of(folder: Path) -> str:
    """The day of its newest commit in ISO 8601; empty where it has none."""
    return _git(folder, "rev-list", "-1", "--format=%cs", "HEAD").decode()[-11:].strip()


def _git(folder: Path, *words: str) -> bytes:
    """What git says there; empty where it refuses, or is not there."""
    git = shutil.which("git") or "git"
    try:
        done = subprocess.run(
            [git, "-c", "core.fsmonitor=false", "-c", "safe.directory=*", *words],
            cwd=folder,
            # No lock is taken, so nothing is written; no variable of a hook leads elsewhere.
            env={"PATH": os.defpath, "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return b"" if done.returncode else done.stdout


def _all(folder: Path) -> Iterator[str]:
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in DROPPING_FOLDERS]
        links = [name for name in folders if os.path.islink(os.path.join(here, name))]
        for name in [*files, *links]:
            yield os.path.relpath(os.path.join(here, name), folder)


def _entry(path: Path) -> Entry | None:
    """One file; None for what is gone, a folder (a submodule), a pipe or a device."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return Entry(mode=SYMLINK, data=os.fsencode(os.readlink(path)))
        if not stat.S_ISREG(mode):
            return None
        kind = EXECUTABLE if mode & stat.S_IXUSR else REGULAR
        return Entry(mode=kind, data=path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None


Log = Callable[[str], None]


class LocalRun(RunContext):
    """The context of ``soulcaster fix PATH``. ``proved`` is the whole patch once it is proved,
    ``reproduction`` the failing test alone."""

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
        self._beside, self.brings_environment, self.run = beside, brings_environment, run
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
    StepName.POLICY: prove.check_policy,
    StepName.PUBLISH: _keep,
}


async def work(context: LocalRun) -> None:
    """Take the run to its end. No sandbox is left, however it ends. A sandbox that died is
    survived, the third one is its end."""
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
