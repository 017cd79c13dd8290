"""A clock that counts what the interpreter does: the same on every machine and at every load."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def steps(act: Callable[[], object]) -> int:
    """How many lines of Python ``act`` runs. What happens within C, as in a regex, is one step."""
    count = 0

    def trace(_frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


def growth(act: Callable[[int], object], size: int) -> float:
    """By how much the steps grow when the size doubles: 2 is linear, 4 is quadratic."""
    act(size)  # what is made once is made before
    return steps(lambda: act(2 * size)) / steps(lambda: act(size))
