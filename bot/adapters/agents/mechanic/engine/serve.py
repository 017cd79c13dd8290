"""The warm server: has the framework imported, forks one child for every run of the tests.

Requests and answers are JSON lines on the standard streams. A request holds edited files
(base64), targets and the plan of ``report``; the answers are the lines of ``report`` and at the
end ``{"done": how}``.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import json
import os
import re
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from bot.adapters.agents.mechanic.engine import limits
from bot.adapters.agents.mechanic.engine.imports import lead_imports
from bot.adapters.agents.mechanic.engine.report import RunReport
from bot.adapters.agents.mechanic.engine.runners import RUNNERS


def serve() -> None:
    """Serve until standard input closes."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    setup: dict[str, Any] = json.loads(requests.readline())
    _lead_imports(setup)
    runner = RUNNERS[setup["kind"]](setup)
    os.chdir(setup["cwd"])
    os.environ.update(setup["env"])
    try:
        runner.warm()
    except Exception as error:
        _say(answers, {"ready": False, "why": f"{type(error).__name__}: {error}"})
        return
    gc.collect()
    gc.freeze()
    _say(answers, {"ready": True})
    clock, holders = int(time.time()), Holders(runner, setup, answers)
    for line in requests:
        request = json.loads(line)
        if "parts" in request:
            _say(answers, {"done": holders.run(request)})
            continue
        clock += 2
        with _edited(setup["tree"], request.get("edits") or {}, clock):
            how = _run_child(runner, request, setup, answers)
        _say(answers, {"done": how})


def _say(answers: BinaryIO, facts: dict[str, Any]) -> None:
    answers.write(json.dumps(facts).encode() + b"\n")
    answers.flush()


def _lead_imports(setup: dict[str, Any]) -> None:
    """Make every import of the checkout come from the private copy."""
    archive = sys.path.pop(0)
    lead_imports(setup["root"], setup["tree"])
    if setup["as_module"]:
        sys.path.insert(0, setup["cwd"])
    sys.path.append(archive)


@contextlib.contextmanager
def _edited(tree: str, edits: dict[str, str], clock: int) -> Iterator[None]:
    """Write edited files and put the originals back. The new time makes stale bytecode unusable."""
    kept: dict[str, tuple[bytes, os.stat_result]] = {}
    try:
        for path, data in edits.items():
            name = os.path.join(tree, path)
            with open(name, "rb") as stream:
                kept[name] = (stream.read(), os.stat(name))
            with open(name, "wb") as stream:
                stream.write(base64.b64decode(data))
            os.utime(name, (clock, clock))
        yield
    finally:
        for name, (original, facts) in kept.items():
            with open(name, "wb") as stream:
                stream.write(original)
            os.utime(name, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _run_child(
    runner: Any, request: dict[str, Any], setup: dict[str, Any], answers: BinaryIO
) -> str:
    """Fork, relay what the child writes, and end it and all it started: done, killed or died."""
    child, reader = _forked(lambda writer: _child(runner, request, setup, writer))
    how, _ = _relayed(reader, answers, float(request.get("wall", 60)), b'"finished": true')
    os.close(reader)
    _end(child)
    os.waitpid(child, 0)
    return how


def _forked(run: Callable[[int], None]) -> tuple[int, int]:
    """A child that leads a group of its own, and where what it writes is read."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            os.close(reader)
            run(writer)
        finally:
            os._exit(0)
    os.close(writer)
    return child, reader


def _relayed(
    reader: int, answers: BinaryIO, seconds: float, last: bytes, held: bytes = b""
) -> tuple[str, bytes]:
    """Pass on whole lines up to one that holds ``last``: how that ended, and the end of them."""
    deadline, how = time.monotonic() + seconds, "done"
    while last not in held:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            how = "killed"
            break
        data = os.read(reader, 65536)
        if not data:
            how = "died"
            break
        answers.write(data)
        held = (held + data)[-4096:]
    if not held.endswith(b"\n") and held:
        answers.write(b"\n")
    return how, held


def _end(leader: int) -> None:
    """End a process and the group that it leads."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(leader, signal.SIGKILL)


class Holders:
    """Processes that wait with everything imported (``swap``), one for each stage's targets."""

    def __init__(self, runner: Any, setup: dict[str, Any], answers: BinaryIO) -> None:
        self._runner, self._setup, self._answers = runner, setup, answers
        self._open: dict[str, tuple[int, int, int] | None] = {}  # process, its orders, what it says

    def run(self, request: dict[str, Any]) -> str:
        """One candidate: done, killed, or unheld where no holder can be had."""
        key, wall = json.dumps(request["targets"]), float(request.get("wall", 60))
        if key not in self._open:
            self._open[key] = self._started(request, wall)
        holder = self._open[key]
        if holder is None:
            return "unheld"
        leader, orders, reader = holder
        order = {"parts": request["parts"], "wall": wall}
        with os.fdopen(os.dup(orders), "wb") as stream:
            stream.write(json.dumps(order).encode() + b"\n")
        how, held = _relayed(reader, self._answers, wall, b'"forked": ')
        forked = re.search(rb'"forked": (\d+)', held)
        if forked is not None:
            how, _ = _relayed(reader, self._answers, wall, b'"gone": ', held)
            if how == "killed":
                _end(int(forked[1]))
                alive, _ = _relayed(reader, self._answers, wall, b'"gone": ')
                how = "killed" if alive == "done" else "died"
        if forked is None or how == "died":
            self._open[key] = None
            _end(leader)
            return "unheld"
        return how

    def _started(self, request: dict[str, Any], wall: float) -> tuple[int, int, int] | None:
        heard, orders = os.pipe()

        def hold(writer: int) -> None:
            os.close(orders)  # or it would never hear that the server has ended
            _child(self._runner, request, self._setup, writer, heard)

        child, reader = _forked(hold)
        os.close(heard)
        if _relayed(reader, self._answers, wall, b'"holding": ')[0] == "done":
            return child, orders, reader
        _end(child)
        return None


def _child(
    runner: Any,
    request: dict[str, Any],
    setup: dict[str, Any],
    writer: int,
    orders: int | None = None,
) -> None:
    if orders is None:
        limits.confine(float(request.get("wall", 60)))
    sys.dont_write_bytecode = not request.get("patient", False)  # of nothing that is edited
    report = RunReport(writer, request, setup["tree"], frozenset(setup["tests"]), orders)
    try:
        code = runner.run(list(request.get("targets") or ()), report)
    except BaseException as leaving:  # pytest leaves its loop by an exception when told to stop
        code = leaving.code if isinstance(leaving, SystemExit) else 1
    report.finish(code=code, stopped=report.stopped)
