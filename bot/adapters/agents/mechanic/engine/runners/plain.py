"""Without a framework: a script, a line of code, doctests."""

from __future__ import annotations

import builtins
import doctest
import importlib
import os
import runpy
import sys
from collections.abc import Callable
from typing import Any

from bot.adapters.agents.mechanic.engine.report import RunReport
from bot.adapters.agents.mechanic.engine.runners.order import ordered


def as_one_test(name: str, body: Callable[[], None], report: RunReport) -> int:
    """Run ``body`` as a test: red when it raises or exits with anything but 0. The exit code."""
    report.begin(name)
    error: BaseException | None = None
    code: Any = 0
    try:
        body()
    except SystemExit as leaving:
        code = leaving.code
        error = leaving
    except BaseException as caught:
        code, error = 1, caught
    failed = code not in (None, 0, False)
    if failed:
        report.failure(name, error)
    report.end(name, "failed" if failed else "passed")
    return int(failed)


class Script:
    """``python file.py arguments``: one test, red when it exits with anything but 0."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.cwd: str = setup["cwd"]

    def warm(self) -> None:
        """Nothing to import."""

    def run(self, targets: list[str], report: RunReport) -> int:
        """Run the file as ``__main__``."""
        path = os.path.join(self.cwd, targets[0])
        sys.argv = [path, *targets[1:]]
        sys.path.insert(0, os.path.dirname(path))

        def body() -> None:
            runpy.run_path(path, run_name="__main__")

        return as_one_test(targets[0], body, report)


class CodeUnderTest:
    """``python -c code``."""

    def __init__(self, setup: dict[str, Any]) -> None:
        pass

    def warm(self) -> None:
        """Nothing to import."""

    def run(self, targets: list[str], report: RunReport) -> int:
        """Run the code as ``__main__``."""
        sys.argv = ["-c", *targets[1:]]
        namespace = {"__name__": "__main__", "__builtins__": builtins}

        def body() -> None:
            exec(compile(targets[0], "<string>", "exec"), namespace)  # noqa: S102

        return as_one_test("-c", body, report)


class Doctest:
    """``python -m doctest files``: every docstring with examples is a test."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.cwd: str = setup["cwd"]

    def warm(self) -> None:
        """Nothing but doctest, which is imported."""

    def run(self, targets: list[str], report: RunReport) -> int:
        """Find and run the examples of the files."""
        failures = 0
        flags, files, words = 0, [], list(targets)
        while words:
            word = words.pop(0)
            if word == "-o" and words:
                flags |= doctest.OPTIONFLAGS_BY_NAME.get(words.pop(0), 0)
            elif not word.startswith("-"):
                files.append(word)
        for name in files:
            path = os.path.join(self.cwd, name)
            if name.endswith(".py"):
                failures += self._module(path, name, flags, report)
            else:
                failures += as_one_test(name, lambda: _text(path, flags), report)  # noqa: B023
        return int(bool(failures))

    def _module(self, path: str, name: str, flags: int, report: RunReport) -> int:
        sys.path.insert(0, os.path.dirname(path))
        holder: list[Any] = []
        stem = os.path.basename(path)[:-3]
        try:
            holder.append(importlib.import_module(stem))
        except BaseException as error:
            report.begin(name)
            report.failure(name, error)
            report.end(name, "failed")
            report.write(uncollected=name)
            return 1
        tests = [test for test in doctest.DocTestFinder().find(holder[0]) if test.examples]
        failures = 0
        for test in ordered(tests, lambda test: f"{name}::{test.name}", report):
            failures += as_one_test(
                f"{name}::{test.name}",
                lambda: _examples(test, flags),  # noqa: B023
                report,
            )
            if report.stopped:
                break
        return failures


def _examples(test: doctest.DocTest, flags: int) -> None:
    said: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=flags)
    if runner.run(test, out=said.append).failed:
        raise AssertionError("".join(said)[:2000])


def _text(path: str, flags: int) -> None:
    said: list[str] = []
    with open(path, encoding="utf-8") as stream:
        test = doctest.DocTestParser().get_doctest(
            stream.read(), {"__name__": "__main__"}, path, path, 0
        )
    runner = doctest.DocTestRunner(verbose=False, optionflags=flags)
    if runner.run(test, out=said.append).failed:
        raise AssertionError("".join(said)[:2000])
