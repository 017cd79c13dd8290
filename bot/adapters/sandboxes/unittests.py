"""Runs in a sandbox, alone: what ``python -m unittest`` does, with a report of each test. ``python
unittests.py REPORT ARGUMENT...``. The report has a line a test, as ``go test -json`` writes them:
https://pkg.go.dev/cmd/test2json"""

from __future__ import annotations  # it runs in whatever Python a checkout has

import json
import os
import sys
import unittest
from collections.abc import Iterator
from typing import Any

_NOT_IMPORTED = "unittest.loader._FailedTest."


class _Recorded(unittest.TextTestResult):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._began: list[str] = []

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._began.append(test.id())  # how it ends stands in lists of unittest's own

    def stopTestRun(self) -> None:
        super().stopTestRun()
        with open(sys.argv[1], "w") as report:
            report.writelines(json.dumps(event) + "\n" for event in self._events())

    def _events(self) -> Iterator[dict[str, str]]:
        ended = dict.fromkeys(self._began, "pass")
        ended |= {test.id(): "skip" for test, _ in (*self.skipped, *self.expectedFailures)}
        bad = [test for test, _ in (*self.failures, *self.errors)]
        # a part of a test is no test of its own
        ended |= {getattr(test, "test_case", test).id(): "fail" for test in bad}
        ended |= {test.id(): "fail" for test in self.unexpectedSuccesses}
        for name, action in ended.items():
            package, _, test = name.rpartition(".")
            if name.startswith(_NOT_IMPORTED):
                yield {"Action": action, "Package": name[len(_NOT_IMPORTED) :]}
            else:
                yield {"Action": action, "Package": package, "Test": test}


if __name__ == "__main__":
    # as with -m: what is imported is the checkout's
    sys.path[0] = os.getcwd()
    runner = type("Runner", (unittest.TextTestRunner,), {"resultclass": _Recorded})
    unittest.main(module=None, argv=["python -m unittest", *sys.argv[2:]], testRunner=runner)
