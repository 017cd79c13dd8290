"""Trying candidates on all workers, failing tests first, and stopping each as early as possible."""

from __future__ import annotations

import ast
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from bot.adapters.agents.mechanic.engine.baseline import Baseline, BaselineStage
from bot.adapters.agents.mechanic.engine.candidates import EditCandidate
from bot.adapters.agents.mechanic.engine.pool import Broken, Pool, PoolWorker, Run
from bot.adapters.agents.mechanic.engine.source import SourceFile, applied

# Seconds to look for a better repair than the first: a share of what that took.
_FURTHER, LEAST_FURTHER, MOST_FURTHER = 0.25, 2.0, 10.0
# Edits that are tried beside the first repair even so, on a machine that is slow or busy, and the
# seconds that end this, too.
_BESIDE, _ENOUGH = 60, 30.0
_PARTIALS = 40
_PARTNERS = 250


@dataclass
class Trial:
    """What became of a candidate. ``fixed`` are failing tests it turns green, ``changed`` says
    that the first failure is another one now."""

    index: int
    candidate: EditCandidate
    plausible: bool = False
    fixed: frozenset[str] = frozenset()
    broken: bool = False
    changed: bool = False


@dataclass
class Search:
    """The search over single edits, then pairs. ``deadline`` is on ``time.monotonic``."""

    pool: Pool
    baseline: Baseline
    sources: dict[str, SourceFile]
    deadline: float
    max_tries: int
    on_progress: Callable[[int, int, int], None]
    is_refused: Callable[[EditCandidate], bool]
    began: float = field(default_factory=time.monotonic)
    tried: int = 0
    plausible: list[Trial] = field(default_factory=list)
    partial: list[Trial] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seen: set[tuple[str, ...]] = field(default_factory=set)
    _steady: set[str] = field(default_factory=set)  # tests that are green without an edit, twice
    _next: int = 0
    _stop_at: int = 0
    _grace: float | None = None  # once something is plausible, when to stop looking further
    _enough: tuple[int, float] = (0, 0.0)  # unless fewer were tried then, and it is not so late yet
    _broken: int = 0

    def singles(self, candidates: list[EditCandidate]) -> None:
        """Try candidates in order; after the first plausible one look a little further."""
        self._next, self._stop_at, self._grace = 0, len(candidates), None
        with ThreadPoolExecutor(len(self.pool.workers)) as threads:
            for done in [threads.submit(self._work, candidates) for _ in self.pool.workers]:
                done.result()
        self.plausible.sort(key=lambda trial: trial.index)

    def pairs(self, candidates: list[EditCandidate]) -> None:
        """Combine edits that each do some good, best first."""
        joined: dict[tuple[str, ...], tuple[float, EditCandidate]] = {}
        good = sorted(self.partial, key=lambda t: (-len(t.fixed), t.broken, -t.candidate.score))[
            :_PARTIALS
        ]
        partners = [trial.candidate for trial in good] + candidates[:_PARTNERS]
        for trial in good:
            for partner in partners:
                pair = _joined(trial.candidate, partner)
                if pair is not None:
                    key = tuple(sorted(str(edit.changes) for edit in pair.edits))
                    hope = (1 + len(trial.fixed)) * trial.candidate.score * partner.score
                    joined.setdefault(key, (hope, pair))
        self.partial = []
        self.singles([pair for _, pair in sorted(joined.values(), key=lambda entry: -entry[0])])

    def _work(self, candidates: list[EditCandidate]) -> None:
        with self.pool.borrow() as worker:
            while True:
                with self._lock:
                    late = time.monotonic() > self.deadline or self._looked_further()
                    spent = self.max_tries and self.tried >= self.max_tries
                    if late or spent or self._next >= min(self._stop_at, len(candidates)):
                        return
                    index, self._next = self._next, self._next + 1
                texts = edited(self.sources, candidates[index])
                if texts is not None and self._is_new(texts):
                    self._note(self._try(worker, index, candidates[index], texts), len(candidates))

    def _looked_further(self) -> bool:
        now, (tries, latest) = time.monotonic(), self._enough
        return self._grace is not None and (
            now > latest or (now > self._grace and self.tried >= tries)
        )

    def _is_new(self, texts: dict[str, bytes]) -> bool:
        key = tuple(f"{path}:{hash(data)}" for path, data in sorted(texts.items()))
        with self._lock:
            new = key not in self._seen
            self._seen.add(key)
        return new

    def _try(
        self, worker: PoolWorker, index: int, candidate: EditCandidate, texts: dict[str, bytes]
    ) -> Trial:
        trial = Trial(index, candidate)
        try:
            fixed: set[str] = set()
            for stage in self.baseline.stages:
                parts = self._parts(candidate, stage)
                run = worker.swapped(stage.session, _decisive(stage), parts) if parts else None
                if run is None or is_green(run, stage):  # as an import has it
                    run = worker.run(stage.session, _decisive(stage), texts)
                fixed |= {name for name in stage.first if _is_green(run, name)}
                if not is_green(run, stage):
                    trial.fixed = frozenset(fixed)
                    trial.changed = self._is_other_failure(run, stage)
                    trial.broken = any(
                        not _is_green(run, n) for n in stage.then if n in run.results
                    )
                    return trial
            for stage in self.baseline.stages:
                if stage.then or len(stage.first) > 1:  # as they run without us
                    run = worker.run(stage.session, stage.request(stop=True, natural=True), texts)
                    if not is_green(run, stage):
                        return trial
            if self.baseline.suite is not None and not self._keeps(worker, texts):
                trial.fixed, trial.broken = frozenset(fixed), True
                return trial
            trial.plausible = not self.is_refused(candidate)
        except Broken:
            self._broken += 1
            if self._broken > 20:
                raise
        return trial

    def _keeps(self, worker: PoolWorker, texts: dict[str, bytes]) -> bool:
        """Whether the suite stays green. A test that fails now without any edit is none of it."""
        suite = self.baseline.suite
        assert suite is not None  # noqa: S101
        run = worker.run(suite.session, _decisive(suite), texts)
        red = {name for name in suite.then if name in run.results and not run.results[name].good}
        if is_green(run, suite) or red <= self._steady:
            return is_green(run, suite)
        alone = replace(suite, then=sorted(red))
        again = worker.run(suite.session, alone.request(patient=True), {})
        steady = {name for name in red if _is_green(again, name)}
        with self._lock:
            self._steady |= steady
            suite.then = [name for name in suite.then if name not in red - steady]
        return not steady and self._keeps(worker, texts)

    def _parts(self, candidate: EditCandidate, stage: BaselineStage) -> list[dict[str, Any]]:
        """Its changes, where all are in what no import runs; else none."""
        if stage.session.kind == "shell" or stage.known or stage.uncollected:
            return []
        parts = []
        for path in candidate.paths:
            source, changes = self.sources[path], candidate.changes(path)
            part = source.part(changes)
            ran = ((path, source.line(start)) in self.baseline.imported for start, *_ in changes)
            if part is None or any(ran):
                return []
            parts.append(part)
        return parts

    def holds(self, candidate: EditCandidate, texts: dict[str, bytes]) -> bool:
        """Whether a candidate passes everything."""
        with self.pool.borrow() as worker:
            return self._try(worker, 0, candidate, texts).plausible

    def _is_other_failure(self, run: Run, stage: BaselineStage) -> bool:
        name = stage.first[0] if stage.first else ""
        now, before = run.results.get(name), self.baseline.results.get(name)
        if now is None or before is None or now.outcome in ("timeout", "crashed"):
            return False
        return now.good or (now.signature != before.signature and now.error == before.error)

    def _note(self, trial: Trial, total: int) -> None:
        with self._lock:
            self.tried += 1
            if trial.plausible:
                if self._grace is None:
                    self._stop_at = trial.index + max(60, min(400, trial.index))
                    took = time.monotonic() - self.began
                    further = min(MOST_FURTHER, max(LEAST_FURTHER, _FURTHER * took))
                    self._grace = time.monotonic() + further
                    self._enough = self.tried + _BESIDE, time.monotonic() + _ENOUGH
                self.plausible.append(trial)
            elif trial.fixed or trial.changed:
                self.partial.append(trial)
            self.on_progress(self.tried, total, len(self.plausible))


def _decisive(stage: BaselineStage) -> dict[str, object]:
    quick = stage.wall < 8
    return stage.request(stop=True, thorough=quick and len(stage.first) <= 40)


def _is_green(run: Run, name: str) -> bool:
    return name in run.results and run.results[name].good


def is_green(run: Run, stage: BaselineStage) -> bool:
    """Whether everything of the stage ran and is green. A target that could not be collected
    before is green when the tests it has brought are."""
    if not run.complete or run.stopped or run.uncollected - stage.uncollected:
        return False
    if any(not r.good for name, r in run.results.items() if name not in stage.uncollected):
        return False
    wanted = set(stage.first) | set(stage.then)
    missing = wanted - set(run.results)
    if stage.known:
        fresh = [name for name in run.results if name not in stage.known]
        missing = set() if fresh else missing
    return not missing


def edited(sources: dict[str, SourceFile], candidate: EditCandidate) -> dict[str, bytes] | None:
    """The files of a candidate after its edits; None when they do not parse or do not change."""
    texts: dict[str, bytes] = {}
    for path in candidate.paths:
        source = sources[path]
        changes = candidate.changes(path)
        text, part = applied(source.text, changes), source.part(changes)
        if text == source.text:
            return None
        try:
            ast.parse(part["new"] if part else text)
            texts[path] = source.encode(text)
        except (SyntaxError, ValueError):
            return None
    return texts


def _joined(one: EditCandidate, two: EditCandidate) -> EditCandidate | None:
    """Both together; None when they touch the same text."""
    spans = [
        (edit.path, start, end)
        for c in (one, two)
        for edit in c.edits
        for start, end, _ in edit.changes
    ]
    for index, (path, start, end) in enumerate(spans):
        for other_path, other_start, other_end in spans[index + 1 :]:
            if path == other_path and start <= other_end and other_start <= end:
                return None
    return EditCandidate((*one.edits, *two.edits), min(one.score, two.score) / 2)
