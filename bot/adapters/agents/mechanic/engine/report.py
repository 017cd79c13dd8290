"""What a test process tells its server: one JSON object a line, written as it happens."""

from __future__ import annotations

import hashlib
import json
import os
import time
from types import TracebackType
from typing import Any

from bot.adapters.agents.mechanic.engine import limits
from bot.adapters.agents.mechanic.engine.tracing import Trace

_AFTER_A_TIMEOUT = 0.25  # of the CPU time: other tests that hang do so for the same reason


class RunReport:
    """Streams results. ``plan`` holds first, then, stop, cpu and trace of the request.

    The stream survives a crash of the test: what has been written is kept, and the test that
    was running is known.
    """

    def __init__(
        self,
        stream: int,
        plan: dict[str, Any],
        tree: str,
        skipped: frozenset[str],
        orders: int | None = None,
    ) -> None:
        self.orders = orders  # where a holder hears what to run (``swap``)
        self.plan, self.tree, self._stream = plan, tree.rstrip("/") + "/", stream
        self.first: list[str] = list(plan.get("first") or ())
        self.then: list[str] | None = plan.get("then")
        self.stopped = False
        self.trace = Trace(tree, skipped) if plan.get("trace") else None
        self._open: dict[str, float] = {}
        self._failure: dict[str, dict[str, Any]] = {}
        self._passed_first = 0
        self._slow: set[str] = set()
        self._cpu = float(plan.get("cpu", 10))
        self._timer = limits.each_test(self._expired)
        if self.trace:
            self.trace.start()

    def write(self, **facts: Any) -> None:
        """One line to the server."""
        data = json.dumps(facts).encode() + b"\n"
        while data:
            data = data[os.write(self._stream, data) :]

    def begin(self, name: str) -> None:
        """A test starts."""
        self._open[name] = time.perf_counter()
        self.write(begin=name)
        if self.trace:
            self._write_lines("")
        self._timer(self._cpu)

    def end(self, name: str, outcome: str) -> None:
        """A test has ended: passed, failed, timeout, or skipped (which counts as passed)."""
        self._timer(0)
        if name in self._slow and outcome == "failed":
            outcome = "timeout"
            self._cpu = float(self.plan.get("cpu", 10)) * _AFTER_A_TIMEOUT
        seconds = time.perf_counter() - self._open.pop(name, time.perf_counter())
        facts = self._failure.pop(name, {}) if outcome not in ("passed", "skipped") else {}
        self.write(end=name, outcome=outcome, seconds=round(seconds, 4), **facts)
        if self.trace:
            self._write_lines(name)
        if outcome in ("passed", "skipped"):
            self._passed_first += name in self.first
        elif self.plan.get("stop") and name not in (self.plan.get("uncollected") or ()):
            thorough = bool(self.plan.get("thorough")) and name in self.first
            self.stopped = not thorough or outcome == "timeout"
        if self.plan.get("thorough") and self.first and name == self.first[-1]:
            self.stopped = self.stopped or self._passed_first < len(self.first)

    def failure(self, name: str, error: BaseException | None, text: str = "") -> None:
        """Why a test fails: the signature of the error and its frames inside the checkout."""
        if name in self._failure:
            return
        message = f"{type(error).__name__}: {error}" if error is not None else text
        signature = hashlib.sha1(message.encode("utf-8", "replace")).hexdigest()[:12]  # noqa: S324
        self._failure[name] = {
            "signature": signature,
            "error": type(error).__name__ if error is not None else "",
            "message": message[:400],
            "frames": self._frames(error),
        }

    def finish(self, **facts: Any) -> None:
        """The last line of a run."""
        self._timer(0)
        if self.trace:
            self.trace.stop()
            self._write_lines("")
            types = {
                path: {
                    str(line): {n: sorted(t) for n, t in names.items()}
                    for line, names in by.items()
                }
                for path, by in self.trace.types.items()
            }
            self.write(types=types)
        self.write(finished=True, **facts)

    def _expired(self) -> None:
        """A candidate that is too slow is done for; a patient run lets the test fail instead."""
        if self.trace or self.plan.get("patient"):
            self._slow.update(self._open)
            return
        for name in list(self._open):
            self.write(end=name, outcome="timeout", seconds=0.0, signature="timeout")
        self.write(finished=True, stopped=True)
        os._exit(0)

    def _frames(self, error: BaseException | None) -> list[list[Any]]:
        frames: list[list[Any]] = []
        for _ in range(5):
            if error is None:
                break
            place: TracebackType | None = error.__traceback__
            while place is not None:
                path = place.tb_frame.f_code.co_filename
                if path.startswith(self.tree):
                    frames.append([path[len(self.tree) :], place.tb_lineno])
                place = place.tb_next
            if isinstance(error, SyntaxError) and (error.filename or "").startswith(self.tree):
                frames.append([str(error.filename)[len(self.tree) :], error.lineno or 1])
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return frames[-200:]

    def _write_lines(self, name: str) -> None:
        assert self.trace is not None  # noqa: S101
        by_path: dict[str, list[int]] = {}
        for path, line in self.trace.take():
            by_path.setdefault(path, []).append(line)
        if by_path:
            self.write(lines=by_path, of=name)
