"""The last word: the real commands, in the real checkout, with the repair in place."""

from __future__ import annotations

import os

from bot.adapters.agents.mechanic.engine.baseline import ENDED, Baseline, run_shell
from bot.adapters.agents.mechanic.engine.task import Task
from bot.adapters.agents.mechanic.engine.tree import Snapshot


def confirm(task: Task, baseline: Baseline, texts: dict[str, bytes], snapshot: Snapshot) -> str:
    """Write the repair and run every command; empty when it holds, else what went wrong.

    The checkout is restored unless the repair holds; whatever the tests themselves leave behind
    is removed in any case. A suite that takes long is left to whoever proves the repair.
    """
    patience = max(30.0, task.seconds * 0.25)
    put(task, texts)
    ends = ((command, run_shell(command, task.root, patience)) for command in task.failing)
    problem = next((f"{command} still exits with {code}" for command, code in ends if code), "")
    suite = task.suite.strip()
    if not problem and suite and suite not in task.failing and not baseline.red_before:
        code = run_shell(suite, task.root, patience)
        if code not in (0, ENDED):
            snapshot.restore()
            if run_shell(suite, task.root, patience) == 0:
                problem = f"the suite exits with {code}"
            else:
                baseline.red_before.add(suite)
                put(task, texts)
    snapshot.restore(keep=frozenset() if problem else frozenset(texts))
    return problem


def put(task: Task, texts: dict[str, bytes]) -> None:
    """Write the files of a repair."""
    for path, data in texts.items():
        with open(os.path.join(task.root, path), "wb") as stream:
            stream.write(data)
