"""The warm server: has the framework imported, forks one child for every run of the tests.

Requests and answers are JSON lines on the standard streams. A request holds edited files
(base64), targets and the plan of ``report``; the answers are the lines of ``report`` and at the
end ``{"done": how}``.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
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
    before = set(sys.modules)
    gc.collect()
    gc.freeze()
    _say(answers, {"ready": True})
    clock = int(time.time())
    for line in requests:
        request = json.loads(line)
        if "preload" in request:
            _say(answers, {"clean": _preload(request["preload"], setup["tree"])})
            gc.freeze()
            continue
        clock += 2
        with _edited(setup["tree"], request.get("edits") or {}, clock):
            how = _run_child(runner, request, setup, answers, before)
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


def _preload(names: list[str], tree: str) -> bool:
    """Import libraries ahead of the forks; False when that drew in code of the checkout."""
    before = set(sys.modules)
    for name in names:
        with contextlib.suppress(BaseException):
            importlib.import_module(name)
    new = [sys.modules[name] for name in sys.modules.keys() - before]
    return not any(str(getattr(m, "__file__", "") or "").startswith(tree + os.sep) for m in new)


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
    runner: Any, request: dict[str, Any], setup: dict[str, Any], answers: BinaryIO, before: set[str]
) -> str:
    """Fork, relay what the child writes, and end it and all it started: done, killed or died."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setsid()
            os.close(reader)
            code = _child(runner, request, setup, writer, before)
        finally:
            os._exit(code)
    os.close(writer)
    deadline = time.monotonic() + float(request.get("wall", 60))
    how, finished, held = "died", False, b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            how = "killed"
            break
        data = os.read(reader, 65536)
        if not data:
            break
        answers.write(data)
        held = (held + data)[-4096:]
        if b'"finished": true' in held:
            finished = True
            how = "done"
            break
    os.close(reader)
    if not finished or request.get("sweep", True):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not held.endswith(b"\n") and held:
        answers.write(b"\n")
    return how


def _child(
    runner: Any, request: dict[str, Any], setup: dict[str, Any], writer: int, before: set[str]
) -> int:
    sys.dont_write_bytecode = not request.get("cache", False)
    limits.confine(int(setup.get("memory_mb", 1024)), float(request.get("wall", 60)))
    report = RunReport(writer, request, setup["tree"], frozenset(setup["tests"]))
    try:
        code = runner.run(list(request.get("targets") or ()), report)
    except BaseException as leaving:  # pytest leaves its loop by an exception when told to stop
        code = leaving.code if isinstance(leaving, SystemExit) else 1
    facts: dict[str, Any] = {}
    if request.get("cache"):
        facts["imported"] = _libraries(before, setup["tree"])
    report.finish(code=code, stopped=report.stopped, **facts)
    return 0


def _libraries(before: set[str], tree: str) -> list[str]:
    """Modules from outside the checkout that this run has imported, in order."""
    names = []
    for name, module in list(sys.modules.items()):
        path = str(getattr(module, "__file__", "") or "")
        own = not path or path.startswith(tree + os.sep)
        if name not in before and not own and name != "__main__":
            names.append(name)
    return names
