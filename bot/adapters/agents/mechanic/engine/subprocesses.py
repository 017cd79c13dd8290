"""Inside Python processes that a shell command starts: imports from the copy, lines traced.

``Shell`` puts a ``sitecustomize`` on their path that calls ``trace_process``.
"""

from __future__ import annotations

import atexit
import json
import os

from bot.adapters.agents.mechanic.engine.imports import lead_imports
from bot.adapters.agents.mechanic.engine.tracing import Trace

ROOT, TREE, LINES, SKIPPED = "MECHANIC_ROOT", "MECHANIC_TREE", "MECHANIC_LINES", "MECHANIC_SKIPPED"
SITECUSTOMIZE = """\
import sys
sys.path.append({archive!r})
from {package}.subprocesses import trace_process
trace_process()
"""


def trace_process() -> None:
    """Lead imports to the copy; with MECHANIC_LINES set, write the lines run when leaving."""
    tree = os.environ[TREE]
    lead_imports(os.environ[ROOT], tree)
    folder = os.environ.get(LINES)
    if folder:
        trace = Trace(tree, frozenset(os.environ.get(SKIPPED, "").split(os.pathsep)))
        trace.start()
        atexit.register(_write, trace, folder)


def _write(trace: Trace, folder: str) -> None:
    trace.stop()
    with open(os.path.join(folder, f"{os.getpid()}.json"), "w", encoding="utf-8") as stream:
        json.dump(sorted(trace.lines), stream)
