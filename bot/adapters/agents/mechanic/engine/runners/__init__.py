"""How each test framework is driven inside a test process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from bot.adapters.agents.mechanic.engine.report import RunReport
from bot.adapters.agents.mechanic.engine.runners import shell, with_pytest, with_unittest


class Runner(Protocol):
    """What a framework needs: ``warm`` runs once in the server, ``run`` in every child."""

    def warm(self) -> None:
        """Import the framework, but nothing of the checkout."""

    def run(self, targets: list[str], report: RunReport) -> int:
        """Run ``targets``; the exit code."""
        ...


RUNNERS: dict[str, Callable[[dict[str, Any]], Runner]] = {
    "pytest": with_pytest.Pytest,
    "unittest": with_unittest.Unittest,
    "shell": shell.Shell,
}
