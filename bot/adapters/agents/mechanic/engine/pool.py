"""Private copies of the checkout, each with its warm servers; runs of tests in them."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.adapters.agents.mechanic.engine.commands import Session
from bot.adapters.agents.mechanic.engine.tree import copy_tree, files_of


class Broken(Exception):
    """A server cannot start or has died: the tests do not run here."""


@dataclass
class Result:
    """How one test ended; ``frames`` are (path, line) inside the checkout, innermost last."""

    outcome: str
    seconds: float = 0.0
    signature: str = ""
    error: str = ""
    message: str = ""
    frames: list[tuple[str, int]] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Passed or skipped."""
        return self.outcome in ("passed", "skipped")


@dataclass
class Run:
    """One run of tests. ``lines[test]`` holds (path, line); the test "" stands for imports."""

    results: dict[str, Result] = field(default_factory=dict)
    uncollected: set[str] = field(default_factory=set)
    lines: dict[str, set[tuple[str, int]]] = field(default_factory=dict)
    types: dict[str, dict[int, dict[str, set[str]]]] = field(default_factory=dict)
    code: int = -1
    complete: bool = False
    stopped: bool = False
    unswapped: bool = False  # such a change asks for an import, or there is no holder


class PoolWorker:
    """One private copy and the servers that run in it."""

    def __init__(self, root: str, home: str, number: int, is_test: Callable[[str], bool]) -> None:
        self.root, self.is_test = root, is_test
        self.folder = os.path.join(home, f"worker{number}")
        self.tree = os.path.join(self.folder, "tree")
        self.scratch = os.path.join(self.folder, "tmp")
        copy_tree(root, self.tree)
        os.makedirs(self.scratch)
        self._servers: dict[Session, subprocess.Popen[bytes]] = {}

    def run(self, session: Session, request: dict[str, Any], edits: dict[str, bytes]) -> Run:
        """Run tests with ``edits`` in place. Raises Broken when the server cannot."""
        encoded = {p: base64.b64encode(d).decode() for p, d in edits.items()}
        return self._asked(session, {**request, "edits": encoded})

    def swapped(
        self, session: Session, request: dict[str, Any], parts: list[dict[str, Any]]
    ) -> Run | None:
        """Run tests with ``parts`` (``SourceFile.part``) put into what is imported already.

        None where that cannot be done. Raises Broken when the server cannot.
        """
        run = self._asked(session, {**request, "parts": parts})
        return None if run.unswapped else run

    def _asked(self, session: Session, request: dict[str, Any]) -> Run:
        server = self._server(session)
        try:
            _send(server, request)
            return _read_run(server)
        except (OSError, ValueError) as error:
            self._end(session)
            raise Broken(f"the test server ended: {error}") from error

    def restart(self) -> None:
        """End every server; the next run starts a fresh one."""
        for session in list(self._servers):
            self._end(session)

    def _server(self, session: Session) -> subprocess.Popen[bytes]:
        server = self._servers.get(session)
        if server is None:
            server = self._servers[session] = self._start(session)
        return server

    def _start(self, session: Session) -> subprocess.Popen[bytes]:
        environment = {
            **self._led_environment(),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": self.scratch,
            "PYTEST_DEBUG_TEMPROOT": self.scratch,
        }
        environment.update(session.env)
        cwd = os.path.normpath(os.path.join(self.tree, session.cwd))
        server = subprocess.Popen(
            [*session.interpreter, _archive(), "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=cwd,
            env=environment,
        )
        scripts = sorted(path for path in files_of(self.tree) if path.endswith(".py"))
        setup = {
            "kind": session.kind,
            "root": self.root,
            "tree": self.tree,
            "cwd": cwd,
            "env": dict(session.env),
            "options": list(session.options),
            "as_module": session.as_module,
            "tests": [path for path in scripts if self.is_test(path)],
        }
        try:
            _send(server, setup)
            answer = json.loads(_line(server))
            if not answer.get("ready"):
                raise ValueError(answer.get("why", "it does not say why"))
        except (OSError, ValueError) as error:
            _kill(server)
            name = " ".join(session.interpreter)
            raise Broken(f"cannot run {session.kind} with {name}: {error}") from error
        return server

    def _led_environment(self) -> dict[str, str]:
        environment = dict(os.environ)
        parts = environment.pop("PYTHONPATH", "").split(os.pathsep)
        led = [self.tree + p[len(self.root) :] if p.startswith(self.root) else p for p in parts]
        path = os.pathsep.join(filter(None, led))
        return {**environment, "PYTHONPATH": path} if path else environment

    def _end(self, session: Session) -> None:
        server = self._servers.pop(session, None)
        if server is not None:
            _kill(server)


def _archive() -> str:
    """How this very engine is started again: its zip."""
    if not sys.argv[0].endswith(".pyz"):
        raise Broken("the engine runs from its .pyz only")
    return os.path.abspath(sys.argv[0])


def _send(server: subprocess.Popen[bytes], request: dict[str, Any]) -> None:
    assert server.stdin is not None  # noqa: S101
    server.stdin.write(json.dumps(request).encode() + b"\n")
    server.stdin.flush()


def _line(server: subprocess.Popen[bytes]) -> bytes:
    assert server.stdout is not None  # noqa: S101
    line = server.stdout.readline()
    if not line:
        raise ValueError("no answer")
    return line


def _kill(server: subprocess.Popen[bytes]) -> None:
    for stream in (server.stdin, server.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    try:
        server.wait(timeout=2)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _read_run(server: subprocess.Popen[bytes]) -> Run:
    run = Run()
    open_test = ""
    while True:
        try:
            facts = json.loads(_line(server))
        except json.JSONDecodeError:
            continue  # a line cut short by a kill
        if "done" in facts:
            run.unswapped = run.unswapped or facts["done"] == "unheld"
            break
        if "begin" in facts:
            open_test = facts["begin"]
        elif "end" in facts:
            _note_end(run, facts)
            open_test = "" if open_test == facts["end"] else open_test
        elif "lines" in facts:
            seen = run.lines.setdefault(facts["of"], set())
            seen.update((path, line) for path, lines in facts["lines"].items() for line in lines)
        elif "uncollected" in facts:
            run.uncollected.add(facts["uncollected"])
        elif "types" in facts:
            run.types = {
                path: {
                    int(line): {n: set(t) for n, t in names.items()} for line, names in by.items()
                }
                for path, by in facts["types"].items()
            }
        elif facts.get("finished"):
            run.complete = True
            run.code = facts.get("code", -1)
            run.stopped = bool(facts.get("stopped"))
            run.unswapped = bool(facts.get("unswapped"))
    if open_test:
        how = "timeout" if facts["done"] == "killed" else "crashed"
        run.results[open_test] = Result(how, signature=how)
    return run


def _note_end(run: Run, facts: dict[str, Any]) -> None:
    name = facts["end"]
    earlier = run.results.get(name)
    if earlier is not None and not earlier.good:
        return
    run.results[name] = Result(
        facts["outcome"],
        facts.get("seconds", 0.0),
        facts.get("signature", ""),
        facts.get("error", ""),
        facts.get("message", ""),
        [(path, line) for path, line in facts.get("frames", ())],
    )


class Pool:
    """``jobs`` workers; ``borrow`` waits for a free one."""

    def __init__(self, root: str, home: str, jobs: int, is_test: Callable[[str], bool]) -> None:
        self.workers: list[PoolWorker] = []
        self._free: queue.Queue[PoolWorker] = queue.Queue()
        for number in range(jobs):
            worker = PoolWorker(root, home, number, is_test)
            self.workers.append(worker)
            self._free.put(worker)

    @contextlib.contextmanager
    def borrow(self) -> Iterator[PoolWorker]:
        """A worker of one's own for a while."""
        worker = self._free.get()
        try:
            yield worker
        finally:
            self._free.put(worker)

    def close(self) -> None:
        """End every server."""
        for worker in self.workers:
            worker.restart()
