# ruff: noqa: E402 (the helpers of the tests are found first)
"""What text that was made to keep us busy costs: CPU of twice the text to that of once.

2 is linear; 4 is quadratic, and tells of a regular expression that tries too much.
"""

import contextlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS), str(TESTS / "unit")]

from policy_base import findings
from test_reproduction import offered

from bot.domain.commands.grammar import parse
from bot.domain.commands.markdown_lines import command_lines
from bot.domain.errors import NotUnderstood
from workers.commands.verbs import ROSTER

PARTS = ["`", "[", "*_", "> ", "- ", "\\", "'", '"', "(", "a.", "=", "token", "eyJ.", " ", "x"]


def understood(text: str) -> None:
    with contextlib.suppress(NotUnderstood):
        parse(text, ROSTER)


READERS: dict[str, tuple[int, Callable[[str], object]]] = {
    "comment": (30_000, lambda text: command_lines(f"/sc fix C-1\n{text}")),
    "command": (9_000, lambda text: understood(f"feedback {text}")),
    "report": (35_000, offered),
    "patch": (90_000, lambda text: findings({"shop/wide.py": text})),
}


def cpu(read: Callable[[str], object], text: str) -> float:
    """Seconds; the best of three."""
    spent = []
    for _ in range(3):
        began = time.process_time()
        read(text)
        spent.append(time.process_time() - began)
    return min(spent)


def main() -> None:
    print(f"{'reader':10} {'characters':>10} {'worst text':>12} {'CPU s':>8} {'twice/once':>11}")
    for name, (size, read) in READERS.items():
        rows = []
        for part in PARTS:
            once, twice = (cpu(read, (part * n)[:n]) for n in (size, 2 * size))
            rows.append((twice, twice / max(once, 1e-3), part))
        seconds, ratio, part = max(rows)
        print(f"{name:10} {2 * size:10,} {part!r:>12} {seconds:8.3f} {ratio:11.1f}")


if __name__ == "__main__":
    main()
