"""What is red and what is green before any edit, how long it takes, and which lines it runs."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.adapters.agents.mechanic.engine.commands import RunnerCommand, Session, read_command
from bot.adapters.agents.mechanic.engine.near import near
from bot.adapters.agents.mechanic.engine.pool import Pool, PoolWorker, Result, Run
from bot.adapters.agents.mechanic.engine.task import Task

if TYPE_CHECKING:
    Types = dict[str, dict[int, dict[str, set[str]]]]  # path, line of the function, name

_LOOK = 10.0  # seconds of the suite that are run ahead: whatever else it holds, the end sees
ENDED = 124  # the exit code of a command that took too long
_TRACED_SLOWER = 25  # line tracing costs about this factor, at worst


class GaveUp(Exception):
    """Nothing can be done, and why, in words for people."""


@dataclass
class BaselineStage:
    """Tests that run together: ``first`` must turn green, ``then`` must stay green."""

    session: Session
    targets: list[str]
    first: list[str] = field(default_factory=list)
    then: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    uncollected: set[str] = field(default_factory=set)  # files that may stay unimportable
    cpu: float = 1.0
    wall: float = 10.0

    def request(self, **more: Any) -> dict[str, Any]:
        """The request to a server that runs this stage."""
        return {
            "targets": self.targets,
            "first": self.first,
            "then": self.then,
            "known": self.known,
            "uncollected": sorted(self.uncollected),
            "cpu": self.cpu,
            "wall": self.wall,
            **more,
        }


@dataclass
class Baseline:
    """Everything learnt before the search. ``red_before`` are tests that may stay red."""

    stages: list[BaselineStage]
    suite: BaselineStage | None
    results: dict[str, Result]
    failing: list[str]
    red_before: set[str]
    failing_lines: dict[str, set[tuple[str, int]]] = field(default_factory=dict)
    passing_lines: dict[str, set[tuple[str, int]]] = field(default_factory=dict)
    imported: set[tuple[str, int]] = field(default_factory=set)
    types: Types = field(default_factory=dict)


def measure(task: Task, pool: Pool) -> Baseline:
    """Run what fails and some of the suite, without and with tracing. Raises GaveUp or Broken.

    Of pytest's only the files that speak of what the failing tests run.
    """
    commands = [read_command(text, task.root) for text in task.failing]
    suite = read_command(task.suite, task.root) if task.suite.strip() else None
    if suite is not None and (suite.session.kind == "shell" or _is_among(suite, commands)):
        suite = None  # it judges at the end, in one piece, or has its stage already
    patience = max(10.0, task.seconds * 0.15)
    one, other = pool.workers[0], pool.workers[-1]
    began = time.monotonic()
    stages, results = _failing_stages(task, one, commands, patience)
    look = max(_LOOK, 5 * (time.monotonic() - began))  # longer where all is slow
    failing = [name for stage in stages for name in stage.first]
    baseline = Baseline(stages, None, results, failing, set())
    _trace_failing(task, one, baseline)
    if suite is not None and suite.session.kind == "pytest":
        ran = set().union(*baseline.failing_lines.values()) - baseline.imported
        suite = near(suite, task, one.tree, ran)
    if suite is not None:
        run = _run_all(other, suite.session, [suite], look)
        if not run.complete:  # the test that was cut short is not red
            run.results = {n: r for n, r in run.results.items() if r.outcome != "timeout"}
        green = {name for name, result in results.items() if result.good}
        baseline.suite = _suite_stage(suite, run, failing, green)
        baseline.results = {**run.results, **results}
    red = {name for name, result in baseline.results.items() if not result.good}
    baseline.red_before = red - set(failing)
    _merge(baseline.types, _trace_passing(task, other, baseline))
    return baseline


def _is_among(suite: RunnerCommand, commands: list[RunnerCommand]) -> bool:
    return any((c.session, c.targets) == (suite.session, suite.targets) for c in commands)


def _run_all(
    worker: PoolWorker, session: Session, commands: list[RunnerCommand], wall: float
) -> Run:
    targets = list(dict.fromkeys(target for command in commands for target in command.targets))
    if any(not command.targets for command in commands):
        targets = []
    if session.kind == "shell":
        targets = list(commands[0].targets)
    request = {
        "targets": targets,
        "cpu": min(wall / 2, 3.0),
        "wall": wall,
        "patient": True,
    }
    return worker.run(session, request, {})


def _failing_stages(
    task: Task, worker: PoolWorker, commands: list[RunnerCommand], wall: float
) -> tuple[list[BaselineStage], dict[str, Result]]:
    groups: dict[tuple[Session, tuple[str, ...]], list[RunnerCommand]] = {}
    for command in commands:
        own = command.targets if command.session.kind == "shell" else ()
        groups.setdefault((command.session, own), []).append(command)
    stages: list[BaselineStage] = []
    results: dict[str, Result] = {}
    for (session, _), members in groups.items():
        run = _run_all(worker, session, members, wall)
        red = [name for name, result in run.results.items() if not result.good]
        if not red:
            stages += _reds_of_the_shell(task, worker, members, wall, results)
            continue
        results.update(run.results)
        targets = list(dict.fromkeys(t for member in members for t in member.targets))
        if any(not member.targets for member in members):
            targets = []
        green = [name for name, result in run.results.items() if result.good]
        red.sort(
            key=lambda name: (run.results[name].outcome == "timeout", run.results[name].seconds)
        )
        known = list(run.results) if run.uncollected else []
        stage = BaselineStage(session, targets, red, green, known)
        _limit(stage, run.results)
        stages.append(stage)
    if not stages:
        raise GaveUp("the failing commands are green here, so there is nothing to repair")
    return stages, results


def _reds_of_the_shell(
    task: Task,
    worker: PoolWorker,
    commands: list[RunnerCommand],
    wall: float,
    results: dict[str, Result],
) -> list[BaselineStage]:
    """Commands that are green for us but perhaps red for a shell run as the shell runs them."""
    stages = []
    for command in commands:
        folder = os.path.join(worker.tree, "")
        done = run_shell(command.text.replace(task.root, worker.tree), folder, wall)
        if done != 0:
            session = Session("shell", command.session.interpreter)
            results[command.text] = Result("failed")
            stage = BaselineStage(session, [command.text], [command.text])
            stage.cpu = stage.wall = max(10.0, wall / 4)
            stages.append(stage)
    return stages


def run_shell(command: str, folder: str, timeout: float, out: Any = subprocess.DEVNULL) -> int:
    """The exit code of a shell command; ENDED when it was ended for taking too long."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(  # noqa: S602
        command,
        shell=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        return ENDED
    finally:
        _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, 9)
    process.wait()


def _suite_stage(
    suite: RunnerCommand, run: Run, failing: list[str], tested: set[str]
) -> BaselineStage | None:
    green = [name for name, result in run.results.items() if result.good]
    rest = [name for name in green if name not in tested and name not in failing]
    if not rest:
        return None
    stage = BaselineStage(suite.session, list(suite.targets), [], rest)
    stage.uncollected = run.uncollected - set(failing)
    _limit(stage, run.results)
    return stage


def _limit(stage: BaselineStage, results: dict[str, Result]) -> None:
    """CPU seconds a test and wall seconds a run, from what the green and quick red tests take."""
    times = [r.seconds for r in results.values() if r.outcome not in ("timeout", "crashed")]
    stage.cpu = max(0.2, 8 * max(times, default=0.02))
    stage.wall = 4.0 + 4 * sum(times) + 2 * stage.cpu


def _trace_failing(task: Task, worker: PoolWorker, baseline: Baseline) -> None:
    """Lines and types of the failing tests. Raises GaveUp where one of them is green now."""
    wall = _tracing(task)
    for stage in baseline.stages:
        request = stage.request(then=[], trace=True, wall=wall, cpu=min(1.0, wall / 3))
        run = worker.run(stage.session, request, {})
        flaky = [name for name in stage.first if name in run.results and run.results[name].good]
        if flaky:
            raise GaveUp(f"{flaky[0]} fails only sometimes, so a repair could not be proved")
        for name in stage.first:
            baseline.failing_lines[name] = run.lines.get(name, set())
            if name in run.results and run.results[name].frames:
                baseline.results[name] = run.results[name]
        baseline.imported |= run.lines.get("", set())
        if any(name in run.uncollected for name in stage.first):
            for name in stage.first:
                baseline.failing_lines[name] |= run.lines.get("", set())
        _merge(baseline.types, run.types)


def _tracing(task: Task) -> float:
    """Seconds that tracing may take."""
    return max(8.0, task.seconds * 0.08)


def _merge(types: Types, more: Types) -> None:
    for path, functions in more.items():
        held = types.setdefault(path, {})
        for line, names in functions.items():
            known = held.setdefault(line, {})
            for name, kinds in names.items():
                known.setdefault(name, set()).update(kinds)


def _trace_passing(task: Task, worker: PoolWorker, baseline: Baseline) -> Types:
    """Types, and lines of as many passing tests as time allows, the quickest first."""
    stages = [*baseline.stages, *([baseline.suite] if baseline.suite else [])]
    types: Types = {}
    wall = _tracing(task)
    left = wall
    for stage in stages:
        if not stage.then or stage.session.kind == "shell":
            continue
        chosen: list[str] = []
        for name in sorted(stage.then, key=lambda name: baseline.results[name].seconds):
            left -= 0.002 + _TRACED_SLOWER * baseline.results[name].seconds
            if left < 0 and chosen:
                break
            chosen.append(name)
        request = stage.request(first=[], then=chosen, known=[], trace=True, wall=wall, cpu=wall)
        run = worker.run(stage.session, request, {})
        baseline.passing_lines.update({n: lines for n, lines in run.lines.items() if n})
        baseline.imported |= run.lines.get("", set())
        _merge(types, run.types)
    return types
