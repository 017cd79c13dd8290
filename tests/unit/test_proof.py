"""Outcomes read from runners' output, and what "no worse" means."""

import subprocess
import sys

import pytest

from bot.adapters.sandboxes import unittests
from bot.domain.fixes.proof import Suite, junit, of_style, outcomes, reported, suite_no_worse
from bot.domain.ports import Finished


def ran(output="", code=0, **more) -> Finished:
    return Finished(command="t", exit_code=code, stdout=output, stderr="", seconds=1, **more)


PYTEST = """
==== short test summary info ====
PASSED tests/test_a.py::test_one
PASSED tests/test_a.py::test_many[a b-1]
FAILED tests/test_a.py::test_two - assert 1 == 2
SKIPPED tests/test_a.py::test_three - not here
XFAIL tests/test_a.py::test_four - known
ERROR tests/test_b.py - ImportError: no
"""
UNITTEST = """
test_one (tests.test_a.A.test_one) ... ok
test_two (tests.test_a.A.test_two)
What it does. ... FAIL
test_three (tests.test_a.A.test_three) ... skipped 'x'
"""
GO = """=== RUN   TestA
--- PASS: TestA (0.00s)
--- FAIL: TestB (0.00s)
    --- SKIP: TestB/x (0.0s)
"""
CARGO = """test tests::adds ... ok
test tests::subs ... FAILED
test src/lib.rs - f (line 3) ... ignored
"""
TAP = "TAP version 13\nok 1 - adds\nnot ok 2 - subtracts\n"
JEST = "  total\n    ✓ adds (3 ms)\n    ✕ subtracts\n    ○ skips\n"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            PYTEST,
            {
                "tests/test_a.py::test_one": "passed",
                "tests/test_a.py::test_many[a b-1]": "passed",
                "tests/test_a.py::test_two": "failed",
                "tests/test_a.py::test_three": "skipped",
                "tests/test_a.py::test_four": "skipped",
                "tests/test_b.py": "failed",
            },
        ),
        (
            UNITTEST,
            {
                "test_one (tests.test_a.A.test_one)": "passed",
                "test_two (tests.test_a.A.test_two)": "failed",
                "test_three (tests.test_a.A.test_three)": "skipped",
            },
        ),
        (GO, {"TestA": "passed", "TestB": "failed", "TestB/x": "skipped"}),
        (
            CARGO,
            {
                "tests::adds": "passed",
                "tests::subs": "failed",
                "src/lib.rs - f (line 3)": "skipped",
            },
        ),
        (TAP, {"adds": "passed", "subtracts": "failed"}),
        (JEST, {"adds": "passed", "subtracts": "failed", "skips": "skipped"}),
        ("all fine", {}),
    ],
)
def test_outcomes(output, expected):
    assert outcomes(output) == expected


EXAMPLE = "tests/test_docs.py::test_docs[pack/other.py:{0}-16]"
RUST = "test src/lib.rs - f (line {}) ... ok\n"


def lined(*lines: int, said: str = "PASSED") -> str:
    return "".join(f"{said} {EXAMPLE.format(each)}\n" for each in lines)


A, B = "PASSED t.py::a\n", "PASSED t.py::b\n"


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (ran(A + B), ran(A + B), []),
        (ran(A), ran(A + B), []),
        (ran(A + "FAILED t.py::b - x\n", 1), ran(A + B), []),
        (ran(A + "FAILED t.py::b - x\n", 1), ran(A + "FAILED t.py::b - y\n", 1), []),
        (ran(A + B), ran(A + "FAILED t.py::b - x\n", 1), ["t.py::b: failed"]),
        (ran(A + B), ran(A), ["t.py::b: gone"]),
        (ran(A + B), ran(A + "SKIPPED t.py::b - x\n"), ["t.py::b: skipped"]),
        (ran(A), ran(A + "FAILED t.py::c - x\n", 1), ["t.py::c: new, and fails"]),
        (ran(A), ran(A, 1), ["the suite ends with exit code 1, before with 0"]),
        (ran(A), ran(A, 124, timed_out=True), ["the suite no longer ends in time"]),
        (ran("fine"), ran("fine"), []),
        (ran("bad", 2), ran("fine"), []),
        (ran("fine"), ran("bad", 2), ["the suite ends with exit code 2, before with 0"]),
        (
            ran("bad", 2),
            ran("bad", 2),
            ["the suite failed before and fails now, and does not name its tests"],
        ),
        (ran(A + B), ran(A, truncated=True), []),
        # printed by the code under test, to look green
        (ran(A + B), ran("FAILED t.py::b - x\n" + A + B, 1), ["t.py::b: failed"]),
        (ran(A + B), ran(""), ["t.py::a: gone", "t.py::b: gone"]),
        # a patch moves the lines that these are named by
        (ran(lined(4, 9)), ran(lined(6, 11)), []),
        (ran(lined(4, 9)), ran(lined(6, 9, 12)), []),
        (ran(lined(4, 9)), ran(lined(6)), [f"{EXAMPLE.format(n)}: gone" for n in (4, 9)]),
        (
            ran(lined(4) + lined(9, said="FAILED"), 1),
            ran(lined(6) + lined(11, said="FAILED"), 1),
            [],
        ),
        (
            ran(lined(4, 9)),
            ran(lined(6) + lined(11, said="FAILED"), 1),
            [
                *(f"{EXAMPLE.format(n)}: gone" for n in (4, 9)),
                f"{EXAMPLE.format(11)}: new, and fails",
            ],
        ),
        (ran("PASSED t.py::a[4b7e]\n"), ran("PASSED t.py::a[91c0]\n"), []),
        (ran("PASSED t.py::a[x]\n"), ran("FAILED t.py::a[x]\n", 1), ["t.py::a[x]: failed"]),
        (ran(RUST.format(3)), ran(RUST.format(5)), []),
        (
            ran(RUST.format(3)),
            ran(RUST.format(5).replace("ok", "FAILED"), 101),
            ["src/lib.rs - f (line 3): gone", "src/lib.rs - f (line 5): new, and fails"],
        ),
    ],
)
def test_no_worse(before, after, worse):
    assert suite_no_worse(Suite.of(before), Suite.of(after)) == (not worse, worse)


CASE = '<testcase classname="tests.test_a" name="test_{name}">{said}</testcase>'
BROKEN = '<testcase classname="" name="tests.test_b"><error message="x"/></testcase>'


def xml(*cases):
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"


def test_a_report_wins_over_what_is_printed():
    report = xml(
        CASE.format(name="one", said=""),
        CASE.format(name="two", said="<failure/>"),
        CASE.format(name="two", said="<error/>"),
        CASE.format(name="three", said="<skipped/>"),
        BROKEN,
    )
    suite = Suite.of(ran("PASSED t.py::a\n", 1), report)
    assert suite.tests == {
        "tests.test_a.test_one": "passed",
        "tests.test_a.test_two": "failed",
        "tests.test_a.test_three": "skipped",
        "module tests.test_b": "failed",
    }
    assert suite.ran == 2


@pytest.mark.parametrize("report", ["", "<testsuites>", "no xml", '<!DOCTYPE a [<!ENTITY b "c">]>'])
def test_a_report_that_is_none(report):
    assert junit(report) == {}
    assert Suite.of(ran("PASSED t.py::a\n"), report).tests == {"t.py::a": "passed"}


def test_a_module_that_could_not_be_imported_before_is_no_worse():
    before = Suite.of(ran("", 1), xml(CASE.format(name="one", said=""), BROKEN))
    assert suite_no_worse(before, before) == (True, [])
    whole = Suite.of(ran(""), xml(CASE.format(name="one", said="")))
    assert suite_no_worse(whole, before) == (False, ["module tests.test_b: new, and fails"])


@pytest.mark.parametrize(
    ("line", "style"),
    [
        ("tests.test_soulcaster_c1.ruff: new, and fails", True),
        ("tests/test_soulcaster_c1.py::ISORT: new, and fails", True),
        ("tests.test_soulcaster_c1.test_a_as_reported: new, and fails", False),
        ("tests.test_soulcaster_c1.Case.test_b: new, and fails", False),
        ("module tests.test_soulcaster_c1: new, and fails", False),
        ("tests.test_old.ruff: new, and fails", False),
        ("tests.test_soulcaster_c1.ruff: failed", False),
    ],
)
def test_what_is_said_of_the_style_of_a_new_test(line, style):
    functions = ["test_a_as_reported", "Case"]
    assert of_style(line, "tests/test_soulcaster_c1.py", functions) is style


def test_no_suite_is_nothing_to_be_worse_than():
    nothing, one = Suite.of(ran("", 5)), Suite.of(ran("PASSED t.py::a\n"))
    assert suite_no_worse(nothing, nothing) == (True, [])
    assert suite_no_worse(nothing, one) == (True, [])
    assert not suite_no_worse(nothing, Suite.of(ran("bad", 1)))[0]


def test_reports_of_other_runners():
    """go test -json, jest --json, and Node's JUnit, which names no file and no class."""
    go = (
        '{"Action":"run","Package":"a/b","Test":"TestX"}\n'
        '{"Action":"output","Package":"a/b","Test":"TestX","Output":"--- PASS: TestLie\\n"}\n'
        '{"Action":"fail","Package":"a/b","Test":"TestX"}\n'
        '{"Action":"skip","Package":"a/b","Test":"TestY"}\n'
        '{"Action":"pass","Package":"a/b"}\n{"Action":"fail","Package":"a/broken"}\n'
    )
    events = {"a/b.TestX": "failed", "a/b.TestY": "skipped", "module a/broken": "failed"}
    assert reported(go) == events
    suite = Suite.of(ran("", 1, truncated=True), go)
    assert (suite.tests, suite.ran) == (events, 1)
    assert (suite.finished.stdout, suite.finished.truncated) == ("--- PASS: TestLie\n", False)
    jest = (
        '{"testResults": [{"name": "a.js", "status": "failed", "assertionResults": ['
        '{"fullName": "adds one", "status": "passed"}, {"fullName": "b", "status": "pending"}]},'
        ' {"name": "broken.js", "status": "failed", "assertionResults": []}]}'
    )
    assert reported(jest) == {
        "a.js adds one": "passed",
        "a.js b": "skipped",
        "module broken.js": "failed",
    }
    node = (
        '<testsuites><testcase name="one" classname="test"/><testsuite name="adds">'
        '<testcase name="one" classname="test"><failure/></testcase></testsuite></testsuites>'
    )
    assert reported(node) == {"test.one": "passed", "test.adds > one": "failed"}


@pytest.mark.parametrize("report", ["", "{", '{"a": 1}', '{"Action": "pass", "Test": "x"}', "[]"])
def test_a_report_that_cannot_be_read_names_nothing(report):
    assert reported(report) == {}


SUITE_OF_UNITTEST = """\
import unittest
class A(unittest.TestCase):
    def test_good(self): print("test_lie (a.A.test_lie) ... ok")
    def test_bad(self):
        with self.subTest(i=1): self.fail()
    @unittest.skip("x")
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    @unittest.expectedFailure
    def test_unexpected(self): pass
"""


def test_the_runner_of_unittest_reports_each_test(tmp_path):
    (tmp_path / "test_a.py").write_text(SUITE_OF_UNITTEST)
    (tmp_path / "test_b.py").write_text("import not_there\n")
    command = [sys.executable, unittests.__file__, "report", "discover", "-v"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1
    assert reported((tmp_path / "report").read_text()) == {
        "test_a.A.test_good": "passed",
        "test_a.A.test_bad": "failed",
        "test_a.A.test_skipped": "skipped",
        "test_a.A.test_expected": "skipped",
        "test_a.A.test_unexpected": "failed",
        "module test_b": "failed",
    }
