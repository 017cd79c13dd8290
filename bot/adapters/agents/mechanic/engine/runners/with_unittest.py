"""unittest, with the loader of ``python -m unittest``."""

from __future__ import annotations

import unittest
from collections.abc import Iterator
from typing import Any

from bot.adapters.agents.mechanic.engine.report import RunReport
from bot.adapters.agents.mechanic.engine.runners.order import ordered
from bot.adapters.agents.mechanic.engine.swap import hold


class Unittest:
    """Runs what ``python -m unittest`` would run, by test id."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.options: list[str] = list(setup["options"])

    def warm(self) -> None:
        """Nothing but the import of unittest, which this module has done."""
        import unittest.mock  # noqa: F401  (what tests use most is paid once)

    def run(self, targets: list[str], report: RunReport) -> int:
        """Load ``targets`` and run the tests of the plan."""

        class Driver:
            def run(self, suite: Any) -> unittest.TestResult:
                if report.orders is not None:
                    hold(report.orders, report)
                result = _Result(report)
                tests = ordered(list(_flatten(suite)), lambda test: str(test.id()), report)
                unittest.TestSuite(tests).run(result)
                return result

        program = unittest.TestProgram(
            module=None, argv=["unittest", *targets], testRunner=Driver(), exit=False
        )
        return 0 if program.result.wasSuccessful() else 1


def _flatten(suite: Any) -> Iterator[Any]:
    if isinstance(suite, unittest.TestSuite):
        for entry in suite:
            yield from _flatten(entry)
    else:
        yield suite


class _Result(unittest.TestResult):
    def __init__(self, report: RunReport) -> None:
        super().__init__()
        self.report = report
        self.outcome: dict[str, str] = {}

    def startTest(self, test: Any) -> None:
        super().startTest(test)
        self.outcome[test.id()] = "passed"
        self.report.begin(test.id())

    def stopTest(self, test: Any) -> None:
        super().stopTest(test)
        self.report.end(test.id(), self.outcome[test.id()])
        if test.id().startswith("unittest.loader._FailedTest."):
            self.report.write(uncollected=test.id())
        if self.report.stopped:
            self.stop()

    def _fails(self, test: Any, error: Any) -> None:
        name = test.id()
        if name not in self.outcome:  # setUpClass or setUpModule
            self.report.begin(name)
            self.report.failure(name, error[1])
            self.report.end(name, "failed")
            return
        self.outcome[name] = "failed"
        cause = getattr(test, "_exception", None)
        self.report.failure(name, cause if isinstance(cause, BaseException) else error[1])

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self._fails(test, err)

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self._fails(test, err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._fails(test, err)

    def addUnexpectedSuccess(self, test: Any) -> None:
        super().addUnexpectedSuccess(test)
        self.outcome[test.id()] = "failed"
        self.report.failure(test.id(), None, "unexpected success")

    def addSkip(self, test: Any, reason: str) -> None:
        super().addSkip(test, reason)
        if test.id() in self.outcome:
            self.outcome[test.id()] = "skipped"
