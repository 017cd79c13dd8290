"""The last word: the real commands, in the real checkout, with the repair in place."""

from __future__ import annotations

import os

from bot.adapters.agents.mechanic.engine.baseline import Baseline, run_shell
from bot.adapters.agents.mechanic.engine.task import Task
from bot.adapters.agents.mechanic.engine.tree import Snapshot


def confirm(task: Task, baseline: Baseline, texts: dict[str, bytes], snapshot: Snapshot) -> str:
    """Write the repair and run every command; empty when it holds, else what went wrong.

    The checkout is restored unless the repair holds; whatever the tests themselves leave behind
    is removed in any case.
    """
    put(task, texts)
    problem = _problem(task, baseline)
    snapshot.restore(keep=frozenset() if problem else frozenset(texts))
    return problem


def put(task: Task, texts: dict[str, bytes]) -> None:
    """Write the files of a repair."""
    for path, data in texts.items():
        with open(os.path.join(task.root, path), "wb") as stream:
            stream.write(data)


def _problem(task: Task, baseline: Baseline) -> str:
    patience = max(30.0, task.seconds * 0.25, 3 * task.suite_seconds)
    for command in task.failing:
        code = run_shell(command, task.root, patience)
        if code != 0:
            return f"{command} still exits with {code}"
    suite = task.suite.strip()
    if suite and suite not in task.failing and not baseline.red_before:
        code = run_shell(suite, task.root, patience)
        if code != 0:
            return f"the suite exits with {code}"
    return ""
