"""What counts as a proof: red before, green after, the suite no worse. Values only. What each test
did stands in a report where its runner writes one, else on the screen. Both are data. Whoever
controls the code under test can print such lines too, so one that says "failed" always beats one
that says "passed", and no line beats the exit code."""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from bot.domain.fixes.reproduction import Grade
from bot.domain.fixes.run import FixRun
from bot.domain.models import Ran, Record, Verdict
from bot.domain.ports import Differing, Finished

Outcome = Literal["passed", "failed", "skipped"]

# A line for each test.
_LINES = (
    # pytest -rA, its short summary: https://docs.pytest.org/en/stable/how-to/output.html
    r"^(?P<said>PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) (?P<id>\S+\.py(::\S.*?)?)(?: - .*)?$",
    # unittest -v
    r"^(?P<id>\w+ \([\w.]+\))(?:\n.*)? \.\.\. "
    r"(?P<said>ok|FAIL|ERROR|skipped|expected failure)",
    # go test -v
    r"^\s*--- (?P<said>PASS|FAIL|SKIP): (?P<id>\S+)",
    # cargo test
    r"^test (?P<id>\S+(?: - .+)?) \.\.\. (?P<said>ok|FAILED|ignored)",
    # TAP, and what mocha, jest and vitest print for each test
    r"^\s*(?P<said>✓|✔|√|✕|✗|×|○|ok|not ok) (?:\d+ -? ?)?(?P<id>.+?)(?: \(?[\d.]+ ?m?s\)?)?$",
)
# The words of all of them; any other is a failure.
_SAID: Mapping[str, Outcome] = {
    **dict.fromkeys(("pass", "passed", "xpass", "ok", "✓", "✔", "√"), "passed"),
    **dict.fromkeys(("skip", "skipped", "xfail", "ignored", "expected failure", "○"), "skipped"),
    **dict.fromkeys(("fail", "failed"), "failed"),
}
_WORST: Mapping[Outcome, int] = {"passed": 0, "skipped": 1, "failed": 2}


def worst(told: Iterator[tuple[str, Outcome]]) -> dict[str, Outcome]:
    """By name; of a test that is told of twice, the worst."""
    found: dict[str, Outcome] = {}
    for name, outcome in told:
        if _WORST[outcome] >= _WORST[found.get(name, "passed")]:
            found[name] = outcome
    return found


def outcomes(output: str) -> dict[str, Outcome]:
    """What each test did, by its id as the runner prints it; empty when it prints none."""
    for pattern in _LINES:
        told = re.finditer(pattern, output, re.MULTILINE)
        said = ((each["id"].strip(), _SAID.get(each["said"].lower(), "failed")) for each in told)
        if found := worst(said):
            return found
    return {}


def reported(report: str) -> dict[str, Outcome]:
    """The tests of a report, whichever of ours it is; empty where it can't be read."""
    if not report.startswith("{"):
        return junit(report)
    events = _events(report)
    with contextlib.suppress(LookupError, TypeError, AttributeError):
        return worst(_of_jest(events[0]) if "testResults" in events[0] else _of_go(events))
    return {}


def _of_go(events: list[dict[str, Any]]) -> Iterator[tuple[str, Outcome]]:
    """``go test -json``, which our runner of unittest writes, too: https://pkg.go.dev/cmd/test2json
    A package that fails is told of beside its tests: it may have none, or not have been built."""
    for event in events:
        name, outcome = event.get("Test"), _SAID.get(event["Action"])
        if outcome and name:
            yield f"{event['Package']}.{name}", outcome
        elif outcome == "failed":
            yield f"module {event['Package']}", outcome


def _of_jest(report: dict[str, Any]) -> Iterator[tuple[str, Outcome]]:
    """``jest --json``: https://jestjs.io/docs/cli#--json"""
    for file in report["testResults"]:
        if not file["assertionResults"]:
            yield f"module {file['name']}", _SAID.get(file["status"], "skipped")
        for test in file["assertionResults"]:
            yield f"{file['name']} {test['fullName']}", _SAID.get(test["status"], "skipped")


def printed(report: str) -> str:
    """What the tests printed, of a report that stands in place of it."""
    return "".join(str(event.get("Output", "")) for event in _events(report))


def _events(report: str) -> list[dict[str, Any]]:
    with contextlib.suppress(ValueError, RecursionError):
        return [json.loads(line) for line in report.splitlines() if line.startswith("{")]
    return []


def junit(report: str) -> dict[str, Outcome]:
    """The tests of a JUnit XML report; empty where it can't be read. pytest:
    https://docs.pytest.org/en/stable/how-to/output.html#creating-junitxml-format-files; Node says
    "test" for every class: https://nodejs.org/api/test.html#test-reporters"""
    try:
        root = ElementTree.fromstring(report, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException):
        return {}
    return worst(_of_junit(root, ""))


def _of_junit(element: Any, suite: str) -> Iterator[tuple[str, Outcome]]:
    for each in element:
        if each.tag == "testsuite":
            yield from _of_junit(each, f"{suite}{each.get('name') or ''} > ")
        if each.tag != "testcase":
            continue
        said = {child.tag for child in each}
        failed, skipped = said & {"failure", "error"}, "skipped" in said
        module, name = each.get("classname") or "", each.get("name") or ""
        if module == "test":
            name = f"{suite}{name}"
        # a test whose teardown failed, too, is told twice
        key = f"{module}.{name}" if module else f"module {name}"
        yield key, "failed" if failed else "skipped" if skipped else "passed"


# Lines and parameters, which may be made anew: ``a.py:12-15``, ``line:3,column:1``, ``test[4b7e]``.
_MOVES = re.compile(r"\bline[: ]\d+|\[.*\]$", re.DOTALL)
NO_TESTS = 5  # pytest's exit code, and unittest's since Python 3.12


class Proof(Record):
    """The evidence of a fix run, as it is written to ``proof.json``.

    ``reason`` is what the verdict rests on; a command that was not reached is None. ``environment``
    says what the tests ran in, ``seconds`` is the wall time of the run, ``steps`` what the agent
    took; ``reproduced`` is the grade of the failing test, ``grade`` what the proof came to where it
    holds. ``changes`` are calls that give something else with the patch, ``reading`` is where a
    second patch that holds differs."""

    verdict: Verdict
    reason: str = ""
    reproduced: Grade | None = None
    grade: Verdict | None = None
    changes: tuple[Differing, ...] = ()
    reading: Differing | None = None
    red: Ran | None = None
    green: Ran | None = None
    suite_before: Ran | None = None
    suite_after: Ran | None = None
    environment: tuple[str, ...] = ()
    seconds: float = 0
    agent: str = ""
    steps: int = 0


def proof_of(run: FixRun) -> Proof:
    """The evidence that a run left. Raises ValueError when it has no verdict."""
    if run.verdict is None:
        raise ValueError(f"{run.name} has no verdict")
    same = Proof.model_fields.keys() & FixRun.model_fields.keys() - {"agent", "steps"}
    return Proof(
        **{name: getattr(run, name) for name in same},
        reproduced=run.test_grade,
        seconds=round(((run.ended_at or run.updated_at) - run.created_at).total_seconds(), 1),
        agent=run.made_by or run.agent,
        steps=run.agent_steps,
    )


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite that has ended, and what each of its tests did, empty where it names none. A module
    that could not be imported counts as a test that failed."""

    finished: Finished
    tests: Mapping[str, Outcome]

    @classmethod
    def of(cls, finished: Finished, report: str = "") -> Suite:
        """From its report where it wrote one, else from what it printed."""
        if tests := reported(report):
            said = finished.stdout or printed(report)
            return cls(replace(finished, stdout=said, truncated=False), tests)
        return cls(finished, outcomes(finished.stdout) or outcomes(finished.stderr))

    @property
    def ran(self) -> int:
        """How many tests have really been run."""
        return sum(
            said != "skipped" and not name.startswith("module ")
            for name, said in self.tests.items()
        )


def _place(name: str) -> str:
    """A test's name without the lines and the parameters in it."""
    return _MOVES.sub("#", name)


def _placed(tests: Mapping[str, Outcome]) -> Counter[tuple[str, Outcome]]:
    """How many tests did what, by their names without lines and parameters."""
    return Counter((_place(name), outcome) for name, outcome in tests.items())


def of_style(line: str, path: str, functions: Collection[str]) -> bool:
    """Whether it is the style of the test file at ``path`` that a line calls worse, as plugins of
    linters do, and none of its functions."""
    _, file, rest = line.partition(path.rpartition("/")[2].removesuffix(".py"))
    new = rest.endswith(": new, and fails") and not line.startswith("module ")
    return bool(file) and new and set(functions).isdisjoint(re.findall(r"\w+", rest))


def suite_no_worse(before: Suite, after: Suite) -> tuple[bool, list[str]]:
    """Whether the suite is no worse after the patch, and what is worse, a line each. A test that
    passed must pass again: failing, skipped and gone are all worse. Of names with the number of a
    line or a parameter as many must pass where one is gone: a patch moves lines, and parameters may
    be random. A runner that names no tests is judged by its exit codes alone."""
    if after.finished.timed_out:
        return False, ["the suite no longer ends in time"]
    was, now = before.tests, after.tests
    began, ended = before.finished, after.finished
    cut = began.truncated or ended.truncated
    old, new = _placed(was), _placed(now)
    gone = {
        name
        for name in was.keys() - now.keys()
        if not cut and new[_place(name), "passed"] < old[_place(name), "passed"]
    }
    worse = [
        f"{name}: {now.get(name, 'gone')}"
        for name, outcome in was.items()
        if outcome == "passed" and (name in gone or now.get(name, "passed") != "passed")
    ]
    worse += [
        f"{name}: new, and fails"
        for name in now
        if name not in was and now[name] == "failed"
        if new[_place(name), "failed"] > old[_place(name), "failed"]
    ]
    broken = ended.exit_code not in (0, NO_TESTS)
    if began.exit_code in (0, NO_TESTS) and broken and not worse:
        worse.append(
            f"the suite ends with exit code {ended.exit_code}, before with {began.exit_code}"
        )
    elif began.exit_code != 0 and broken and not (was and now):
        worse.append("the suite failed before and fails now, and does not name its tests")
    return not worse, worse
