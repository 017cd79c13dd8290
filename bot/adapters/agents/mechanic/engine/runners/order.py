"""Which of the collected tests run, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bot.adapters.agents.mechanic.engine.report import RunReport

Test = TypeVar("Test")


def ordered(tests: list[Test], name: Callable[[Test], str], report: RunReport) -> list[Test]:
    """The tests of ``first``, then those of ``then`` (None: all others), each in its order.

    A ``natural`` plan keeps the order in which they were collected. Tests that nobody knew
    before (an import that failed now works) always run, among the first.
    """
    places = {key: place for place, key in enumerate(report.first)}
    known = set(report.plan.get("known") or ())
    chosen: list[tuple[int, int, Test]] = []
    wanted = None if report.then is None else set(report.then)
    for position, test in enumerate(tests):
        key = name(test)
        if key in places:
            chosen.append((0, places[key], test))
        elif known and key not in known:
            chosen.append((1, position, test))
        elif wanted is None or key in wanted:
            chosen.append((2, position, test))
    if not report.plan.get("natural"):
        chosen.sort(key=lambda entry: entry[:2])
    return [test for _, _, test in chosen]
