"""One repair from baseline to confirmation."""

from __future__ import annotations

import os
import time

from bot.adapters.agents.mechanic.engine.baseline import Baseline, GaveUp, measure
from bot.adapters.agents.mechanic.engine.candidates import EditCandidate, candidates
from bot.adapters.agents.mechanic.engine.choose import ranked
from bot.adapters.agents.mechanic.engine.diff import in_one_line, unified
from bot.adapters.agents.mechanic.engine.events import Events
from bot.adapters.agents.mechanic.engine.localise import Suspicion, localise
from bot.adapters.agents.mechanic.engine.pool import Pool, Result
from bot.adapters.agents.mechanic.engine.probes import answers, differing, lost
from bot.adapters.agents.mechanic.engine.search import MOST_FURTHER, Search, edited
from bot.adapters.agents.mechanic.engine.source import SourceFile, applied
from bot.adapters.agents.mechanic.engine.task import Task
from bot.adapters.agents.mechanic.engine.tree import Snapshot
from bot.adapters.agents.mechanic.engine.verify import confirm

_KEPT_FOR_THE_END = 0.12  # of the time, for confirming with the real commands
_CONFIRMED_AT_MOST = 6
_PROBED = 8
_FIRST_LINES, _FIRST_EDITS = 40, 200  # to think of all takes half a minute in a large file


def _diffs(choice: EditCandidate, sources: dict[str, SourceFile]) -> list[tuple[str, str]]:
    """Of each file the diff, and it in one line."""
    texts = [(path, sources[path].text) for path in choice.paths]
    both = [(path, text, applied(text, choice.changes(path))) for path, text in texts]
    return [(unified(*each), in_one_line(*each)) for each in both]


def _changed(diff: str) -> list[str]:
    """The lines that a diff takes out and puts in."""
    return [s for s in diff.splitlines() if s[:1] in ("+", "-") and s[:3] not in ("+++", "---")]


class Repair:
    """Holds what the steps share."""

    def __init__(self, task: Task, pool: Pool, snapshot: Snapshot, events: Events) -> None:
        self.task, self.pool, self.snapshot, self.events = task, pool, snapshot, events
        self._told = 0.0

    def run(self) -> tuple[str, dict[str, object]]:
        """Outcome and facts for the last event. Raises GaveUp or Broken."""
        baseline = measure(self.task, self.pool)
        self.events.tell(
            "baseline",
            failing=len(baseline.failing),
            passing=sum(result.good for result in baseline.results.values()),
            names=baseline.failing[:5],
        )
        suspicion = self._localise(baseline)
        sources = self._sources(suspicion)
        if not sources:
            raise GaveUp("the failing tests run no Python code of this checkout that may be edited")
        self.events.tell(
            "localised",
            lines=[f"{p}:{n}" for p, n in suspicion.ranked() if p in sources][:5],
            files=[path for path in suspicion.files() if path in sources][:5],
            count=len(suspicion.of),
        )
        failures = [baseline.results[name] for name in baseline.failing if name in baseline.results]
        known = (sources, suspicion, baseline.types, failures, self.task.mentions)
        search, texts = self._search(baseline, sources, suspicion), self._texts(failures)
        search.singles(candidates(*known, _FIRST_LINES, texts)[:_FIRST_EDITS])
        edits = [] if search.plausible else candidates(*known, texts=texts)
        search.singles(edits)
        if not search.plausible and time.monotonic() < search.deadline:
            self.events.tell("tried", count=search.tried, of=len(edits), pairs=True)
            search.pairs(edits)
        return self._conclude(baseline, search, sources)

    def _localise(self, baseline: Baseline) -> Suspicion:
        return localise(
            baseline.failing_lines,
            baseline.passing_lines,
            baseline.imported,
            [baseline.results[n].frames for n in baseline.failing if n in baseline.results],
            (*self.task.suspects, *self.task.mentions),
        )

    def _sources(self, suspicion: Suspicion) -> dict[str, SourceFile]:
        own = (path for path in suspicion.files() if not self.task.is_test(path))
        return {path: source for path in own if (source := self._source(path))}

    def _texts(self, failures: list[Result]) -> frozenset[str]:
        """The string literals of the failing tests' files."""
        paths = {path for result in failures for path, _ in result.frames}
        tests = map(self._source, filter(self.task.is_test, paths))
        return frozenset(text for source in tests if source for text in source.strings)

    def _source(self, path: str) -> SourceFile | None:
        """A file as Python reads it; None where it is none."""
        try:
            with open(os.path.join(self.snapshot.pristine, path), "rb") as stream:
                return SourceFile(path, stream.read()) if path.endswith(".py") else None
        except (OSError, SyntaxError, UnicodeDecodeError, ValueError):
            return None

    def _search(
        self, baseline: Baseline, sources: dict[str, SourceFile], suspicion: Suspicion
    ) -> Search:
        files = [path for path in suspicion.files() if path in sources]
        lines = sum(1 for path, _ in suspicion.of if path in sources)

        def progress(tried: int, total: int, plausible: int) -> None:
            if time.monotonic() - self._told < 2 and not (plausible and tried < 2):
                return
            self._told = time.monotonic()
            self.events.tell(
                "tried", count=tried, of=total, plausible=plausible, lines=lines, file=files[0]
            )

        self._told = time.monotonic()
        left = self.task.seconds * (1 - _KEPT_FOR_THE_END) - self.events.seconds
        deadline = time.monotonic() + max(1.0, left)
        known = "\n".join(_changed(self.task.learnt))  # what a proof refused

        def is_refused(choice: EditCandidate) -> bool:
            return all("\n".join(_changed(d)) in known for d, _ in _diffs(choice, sources))

        bounds = deadline, self.task.max_tries
        return Search(self.pool, baseline, sources, *bounds, progress, is_refused)

    def _conclude(
        self, baseline: Baseline, search: Search, sources: dict[str, SourceFile]
    ) -> tuple[str, dict[str, object]]:
        choices, reading = self._weighed(ranked(search.plausible), sources)
        self.events.tell("found", plausible=len(choices), tried=search.tried)
        problem = ""
        for choice in choices[:_CONFIRMED_AT_MOST]:
            least = self._minimised(choice, search, sources)
            texts = edited(sources, least)
            if texts is None:
                continue
            problem = confirm(self.task, baseline, texts, self.snapshot)
            if not problem:
                reading = reading if choice is choices[0] else []
                return "done", {**self._facts(least, sources, search), "reading": reading}
        facts: dict[str, object] = {"tried": search.tried}
        if problem:
            facts["note"] = f"edits that passed here did not hold: {problem}"
            return "gave up", facts
        if time.monotonic() >= search.deadline:
            facts["note"] = f"tried {search.tried} edits in the time given, none holds"
            return "limit reached", facts
        facts["note"] = f"tried all {search.tried} edits I can think of, none holds"
        return "gave up", facts

    def _weighed(
        self, choices: list[EditCandidate], sources: dict[str, SourceFile]
    ) -> tuple[list[EditCandidate], list[str]]:
        """Those that cost no call its value first, and where another as good as the first differs.

        Of edits of one line that do the same, the shortest text is what a person writes.
        """
        if not self.task.probes or len(choices) < 2:
            return choices, []
        until = time.monotonic() + MOST_FURTHER
        before = answers(self.task, {}, self.snapshot)
        seen: list[tuple[int, int, int, dict[str, tuple[str, str]]]] = []
        for place, choice in enumerate(choices[:_PROBED]):
            texts = edited(sources, choice)
            if texts is None or (seen and time.monotonic() > until):
                continue
            given = answers(self.task, texts, self.snapshot)
            length = sum(map(len, texts.values()))
            seen.append((lost(before, given), place, length, given))
        seen.sort(key=lambda each: each[:2])
        cost, best, _, said = seen[0]
        line = choices[best].edits[0].line
        same = [s for s in seen if s[3] == said and choices[s[1]].edits[0].line == line]
        first = min(same, key=lambda each: each[2])[1]
        places = dict.fromkeys([first, *(s[1] for s in seen), *range(len(choices))])
        readings = [d for s in seen if s[0] == cost for d in differing(before, said, s[3])]
        return [choices[p] for p in places], min(readings, default=(0, []))[1]

    def _minimised(
        self, choice: EditCandidate, search: Search, sources: dict[str, SourceFile]
    ) -> EditCandidate:
        """Without the edits it can do without."""
        if len(choice.edits) > 1:
            for edit in choice.edits:
                alone = EditCandidate((edit,), choice.score)
                texts = edited(sources, alone)
                if texts is not None and search.holds(alone, texts):
                    choice = alone
                    break
        self.events.tell("minimised", edits=len(choice.edits), kind=choice.kind)
        return choice

    def _facts(
        self, choice: EditCandidate, sources: dict[str, SourceFile], search: Search
    ) -> dict[str, object]:
        diffs, said = zip(*_diffs(choice, sources))  # noqa: B905
        places = [f"{edit.path}:{edit.line}" for edit in choice.edits]
        return {
            "note": "; ".join(said),
            "kind": choice.kind,
            "places": places,
            "diff": "\n".join(diffs),
            "tried": search.tried,
            "plausible": len(search.plausible),
        }
