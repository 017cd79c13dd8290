"""The engine's events in words for people."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any


def in_words(event: dict[str, Any]) -> str:
    """One line, or nothing where an event is not worth a line."""
    match event:
        case {"event": "baseline", "failing": int(failing), "passing": int(passing)}:
            return f"{_count(failing, 'test')} red, {passing} green before any edit"
        case {"event": "localised", "lines": [str(first), *_], "count": int(count)}:
            return f"{_count(count, 'suspicious line')}, most of all {first}"
        case {"event": "tried", "pairs": True, "count": int(tried)}:
            return f"none of {_count(tried, 'edit')} was enough, now trying two at a time"
        case {"event": "tried", "count": int(tried), "lines": int(lines), "file": str(path)}:
            name = PurePosixPath(path).name
            found = event.get("plausible")
            so_far = (
                f", {_count(found, 'candidate')} so far" if isinstance(found, int) and found else ""
            )
            where = f"{_count(lines, 'suspicious line')} in {name}"
            return f"tried {_count(tried, 'edit')}, {where}{so_far}"
        case {"event": "found", "plausible": int(plausible)} if plausible:
            return f"{_count(plausible, 'edit')} turned everything green, keeping the most general"
        case {"event": "done", "outcome": "done", "note": str(note)}:
            return f"repaired: {note}"
        case {"event": "done", "outcome": str(outcome), "note": str(note)}:
            return f"{outcome}: {note}"
        case _:
            return ""


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
