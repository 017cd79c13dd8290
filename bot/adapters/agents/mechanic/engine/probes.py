"""Calls that no test makes, with and without a repair: which repair changes least elsewhere."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING

from bot.adapters.agents.mechanic.engine.baseline import run_shell
from bot.adapters.agents.mechanic.engine.task import Task
from bot.adapters.agents.mechanic.engine.tree import Snapshot
from bot.adapters.agents.mechanic.engine.verify import put

if TYPE_CHECKING:
    Answers = dict[str, tuple[str, str]]  # the call, how it ended, its value or exception

_SECONDS = 10.0


def answers(task: Task, texts: dict[str, bytes], snapshot: Snapshot) -> Answers:
    """What the probes say with a repair in place; the checkout is as before afterwards."""
    put(task, texts)
    with tempfile.TemporaryFile() as out:
        run_shell(task.probes, task.root, _SECONDS, out)
        snapshot.restore()
        out.seek(0)
        lines = [json.loads(line) for line in out if line.endswith(b"]\n")]
    return {code: (kind, text) for code, kind, text in lines}


def lost(before: Answers, after: Answers) -> int:
    """How many calls have no value any more. Other values are no fault: the bug has neighbours."""
    values = [code for code, (kind, _) in before.items() if kind == "gave"]
    return sum(after.get(code, ("", ""))[0] != "gave" for code in values)


def differing(before: Answers, one: Answers, other: Answers) -> list[tuple[bool, list[str]]]:
    """Of each call that differs: whether the first does as before, and it with both answers."""
    return [
        (one[code] == before.get(code), [code, *map(" ".join, (one[code], answer))])
        for code in one
        if (answer := other.get(code, ("nothing", ""))) != one[code]
    ]
