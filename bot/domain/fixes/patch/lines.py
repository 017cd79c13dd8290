"""The shortest edit script between two texts (Myers 1986), within bounded work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_WORK = 20_000_000  # steps; beyond it the differing middle is replaced as a whole
MAX_DISTANCE = 1_500  # the trace is quadratic in it


@dataclass(frozen=True, slots=True)
class Edit:
    """``old[old_start:old_end]`` becomes ``new[new_start:new_end]``."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def split_lines(data: bytes) -> list[bytes]:
    """Lines with their ends; only LF ends a line, as in git, so CR stays with its line."""
    lines = data.split(b"\n")
    last = lines.pop()
    whole = [line + b"\n" for line in lines]
    return [*whole, last] if last else whole


def edits(old: Sequence[bytes], new: Sequence[bytes]) -> list[Edit]:
    """What turns ``old`` into ``new``, in order and without touching neighbours."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    if not middle_old and not middle_new:
        return []
    found = _myers(middle_old, middle_new)
    if found is None:
        found = [Edit(0, len(middle_old), 0, len(middle_new))]
    return [
        Edit(e.old_start + start, e.old_end + start, e.new_start + start, e.new_end + start)
        for e in found
    ]


def _common(old: Sequence[bytes], new: Sequence[bytes]) -> int:
    count = 0
    for left, right in zip(old, new, strict=False):
        if left != right:
            break
        count += 1
    return count


def _myers(old: Sequence[bytes], new: Sequence[bytes]) -> list[Edit] | None:
    """The greedy algorithm; None when it would take too long."""
    ids: dict[bytes, int] = {}
    a = [ids.setdefault(line, len(ids)) for line in old]
    b = [ids.setdefault(line, len(ids)) for line in new]
    n, m = len(a), len(b)
    limit = min(n + m, MAX_DISTANCE, MAX_WORK // (n + m))
    furthest = {1: 0}
    trace: list[dict[int, int]] = []
    for distance in range(limit + 1):
        trace.append({k: furthest[k] for k in range(-distance - 1, distance + 2) if k in furthest})
        for k in range(-distance, distance + 1, 2):
            down = k == -distance or (k != distance and furthest[k - 1] < furthest[k + 1])
            x = furthest[k + 1] if down else furthest[k - 1] + 1
            y = x - k
            while x < n and y < m and a[x] == b[y]:
                x, y = x + 1, y + 1
            furthest[k] = x
            if x >= n and y >= m:
                return _walk_back(trace, n, m)
    return None


def _walk_back(trace: list[dict[int, int]], x: int, y: int) -> list[Edit]:
    steps: list[tuple[int, int, int, int]] = []
    for distance in range(len(trace) - 1, 0, -1):
        furthest, k = trace[distance], x - y
        down = k == -distance or (k != distance and furthest[k - 1] < furthest[k + 1])
        before_k = k + 1 if down else k - 1
        before_x = furthest[before_k]
        before_y = before_x - before_k
        edit_x, edit_y = (before_x, before_y + 1) if down else (before_x + 1, before_y)
        steps.append((before_x, edit_x, before_y, edit_y))
        x, y = before_x, before_y
    merged: list[Edit] = []
    for x0, x1, y0, y1 in reversed(steps):
        if merged and merged[-1].old_end == x0 and merged[-1].new_end == y0:
            merged[-1] = Edit(merged[-1].old_start, x1, merged[-1].new_start, y1)
        else:
            merged.append(Edit(x0, x1, y0, y1))
    return merged
