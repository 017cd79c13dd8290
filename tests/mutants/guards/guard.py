"""What a guard is, for the lists beside this file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guard:
    """``before`` stands in ``path`` exactly once; ``tests`` are arguments of pytest."""

    what: str
    path: str
    before: str
    after: str
    tests: str
