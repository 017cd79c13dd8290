"""What each test did, as runners say it: in a report where they write one, else on the screen.

Both are data. Whoever controls the code under test can print such lines too, so one that says
"failed" always beats one that says "passed", and no line beats the exit code.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

Outcome = Literal["passed", "failed", "skipped"]

# A line for each test, and what its words mean; any other word is a failure.
_LINES: Mapping[str, Mapping[str, Outcome]] = {
    # pytest -rA, its short summary: https://docs.pytest.org/en/stable/how-to/output.html
    r"^(?P<said>PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) (?P<id>\S+\.py(::\S.*?)?)(?: - .*)?$": {
        "PASSED": "passed",
        "XPASS": "passed",
        "XFAIL": "skipped",
        "SKIPPED": "skipped",
    },
    # unittest -v
    r"^(?P<id>\w+ \([\w.]+\))(?:\n.*)? \.\.\. "
    r"(?P<said>ok|FAIL|ERROR|skipped|expected failure)": {
        "ok": "passed",
        "skipped": "skipped",
        "expected failure": "skipped",
    },
    # go test -v
    r"^\s*--- (?P<said>PASS|FAIL|SKIP): (?P<id>\S+)": {"PASS": "passed", "SKIP": "skipped"},
    # cargo test
    r"^test (?P<id>\S+(?: - .+)?) \.\.\. (?P<said>ok|FAILED|ignored)": {
        "ok": "passed",
        "ignored": "skipped",
    },
    # TAP, and what mocha, jest and vitest print for each test
    r"^\s*(?P<said>✓|✔|√|✕|✗|×|○|ok|not ok) (?:\d+ -? ?)?(?P<id>.+?)(?: \(?[\d.]+ ?m?s\)?)?$": {
        "✓": "passed",
        "✔": "passed",
        "√": "passed",
        "ok": "passed",
        "○": "skipped",
    },
}
# go's words and jest's
_SAID: Mapping[str, Outcome] = {
    "pass": "passed", "passed": "passed", "fail": "failed", "failed": "failed", "skip": "skipped",
}  # fmt: skip
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
    for pattern, words in _LINES.items():
        told = re.finditer(pattern, output, re.MULTILINE)
        if found := worst((each["id"].strip(), words.get(each["said"], "failed")) for each in told):
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

    A package that fails is told of beside its tests: it may have none, or not have been built.
    """
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
    """The tests of a JUnit XML report; empty where it can't be read.

    pytest: https://docs.pytest.org/en/stable/how-to/output.html#creating-junitxml-format-files;
    Node says "test" for every class: https://nodejs.org/api/test.html#test-reporters
    """
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
