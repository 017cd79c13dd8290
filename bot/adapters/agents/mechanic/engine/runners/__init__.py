"""How each test framework is driven inside a test process."""

from __future__ import annotations

from typing import Any

from bot.adapters.agents.mechanic.engine.report import Report
from bot.adapters.agents.mechanic.engine.runners import plain, shell, with_pytest, with_unittest


class Runner:
    """What a framework needs: ``warm`` runs once in the server, ``run`` in every child."""

    def __init__(self, setup: dict[str, Any]) -> None:
        raise NotImplementedError

    def warm(self) -> None:
        """Import the framework, but nothing of the checkout."""

    def run(self, targets: list[str], report: Report) -> int:
        """Run ``targets``; the exit code."""
        raise NotImplementedError


RUNNERS: dict[str, Any] = {
    "pytest": with_pytest.Pytest,
    "unittest": with_unittest.Unittest,
    "doctest": plain.Doctest,
    "script": plain.Script,
    "code": plain.Code,
    "shell": shell.Shell,
}
