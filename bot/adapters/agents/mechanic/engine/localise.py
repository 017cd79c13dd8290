"""Which lines are to blame: Ochiai over failing and passing tests, and the traceback.

Ochiai, Soares Zoeteweij, van Gemund 2007, "On the accuracy of spectrum-based fault localization":
failed(line) / sqrt(total failed * (failed(line) + passed(line))).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

_RUNAWAY = 20  # frames of one line: the recursion does not end


@dataclass
class Suspicion:
    """How suspicious each line is, from 0 to about 2; and the lines in order, worst first."""

    of: dict[tuple[str, int], float] = field(default_factory=dict)

    def ranked(self) -> list[tuple[str, int]]:
        """Lines, most suspicious first."""
        return sorted(self.of, key=lambda place: (-self.of[place], place))

    def files(self) -> list[str]:
        """Files, those with the most suspicious line first."""
        best: dict[str, float] = {}
        for (path, _), value in self.of.items():
            best[path] = max(best.get(path, 0.0), value)
        return sorted(best, key=lambda path: (-best[path], path))


def localise(
    failing: dict[str, set[tuple[str, int]]],
    passing: dict[str, set[tuple[str, int]]],
    imported: set[tuple[str, int]],
    tracebacks: list[list[tuple[str, int]]],
    suspects: tuple[str, ...],
) -> Suspicion:
    """Score every line that a failing test runs, and those that only run on import, low.

    ``suspects`` are ``path`` or ``path:line``; a hit raises a line by a third.
    """
    score: dict[tuple[str, int], float] = {}
    total = max(1, len(failing))
    for place in set().union(*failing.values()) if failing else set():
        failed = sum(place in lines for lines in failing.values())
        passed = sum(place in lines for lines in passing.values())
        score[place] = failed / math.sqrt(total * (failed + passed))
    lowest = min(score.values(), default=0.3)
    for place in imported:
        score.setdefault(place, 0.35 * lowest)
    for frames in tracebacks:
        for place, weight in _weights([place for place in frames if place in score]).items():
            score[place] += 0.5 * weight / len(tracebacks)
    for place in score:
        if any(_names(suspect, place) for suspect in suspects):
            score[place] *= 1.33
    return Suspicion(score)


def _weights(frames: list[tuple[str, int]]) -> dict[tuple[str, int], float]:
    """1 for the innermost frame, half of it for the next; in a runaway recursion by how often."""
    often: dict[tuple[str, int], int] = {}
    for place in frames:
        often[place] = often.get(place, 0) + 1
    most = max(often.values(), default=0)
    if most > _RUNAWAY:
        return {place: count / most for place, count in often.items()}
    innermost_first = list(dict.fromkeys(reversed(frames)))
    return {place: 1 / (1 + distance) for distance, place in enumerate(innermost_first)}


def _names(suspect: str, place: tuple[str, int]) -> bool:
    path, _, line = suspect.partition(":")
    if not path.endswith(".py"):
        return False
    same = place[0] == path or place[0].endswith("/" + path.lstrip("./"))
    return same and (not line.isdigit() or abs(int(line) - place[1]) <= 2)
