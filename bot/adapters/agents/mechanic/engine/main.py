"""From a task file to a repaired checkout, or to an honest no."""

from __future__ import annotations

import os
import shutil
import tempfile

from bot.adapters.agents.mechanic.engine.baseline import GaveUp
from bot.adapters.agents.mechanic.engine.calls import try_calls
from bot.adapters.agents.mechanic.engine.events import Events
from bot.adapters.agents.mechanic.engine.pool import Broken, Pool
from bot.adapters.agents.mechanic.engine.repair import Repair
from bot.adapters.agents.mechanic.engine.task import Task, load_task
from bot.adapters.agents.mechanic.engine.tree import Snapshot, copy_tree, files_of


def main(arguments: list[str]) -> int:
    """Run the engine. 0: repaired, 1: not repaired, 2: used wrongly or unable to run tests."""
    if len(arguments) == 2 and arguments[0] == "calls":
        try_calls(arguments[1])
        return 0
    events = Events()
    if len(arguments) != 1:
        events.tell("done", outcome="broken", note="usage: mechanic.pyz task.json")
        return 2
    try:
        task = load_task(arguments[0])
    except (OSError, ValueError) as error:
        events.tell("done", outcome="broken", note=f"cannot read the task: {error}")
        return 2
    home = os.path.realpath(tempfile.mkdtemp(prefix="mechanic-"))
    try:
        outcome, facts = _outcome(task, home, events)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    events.tell("done", outcome=outcome, **facts)
    return {"done": 0, "broken": 2}.get(outcome, 1)


def _outcome(task: Task, home: str, events: Events) -> tuple[str, dict[str, object]]:
    if not os.path.isdir(task.root):
        return "broken", {"note": f"there is no folder {task.root}"}
    if not any(path.endswith(".py") for path in files_of(task.root)):
        return "gave up", {"note": "there is no Python file in this checkout"}
    if not task.failing:
        return "gave up", {"note": "no failing command was given"}
    pristine = os.path.join(home, "pristine")
    copy_tree(task.root, pristine)
    snapshot = Snapshot(task.root, pristine)
    pool = Pool(task.root, home, task.jobs, task.is_test)
    try:
        return Repair(task, pool, snapshot, events).run()
    except GaveUp as reason:
        return "gave up", {"note": str(reason)}
    except Broken as reason:
        return "broken", {"note": str(reason)}
    finally:
        pool.close()
