"""What a model is shown of the steps so far: long output without its middle, old steps briefly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_LINE = 200


@dataclass(frozen=True, slots=True)
class AgentStep:
    """One step: why, the command (empty where there was none), and what came back."""

    thought: str
    command: str
    result: str

    def in_full(self, number: int) -> str:
        """With its output."""
        command = f"$ {self.command}\n" if self.command else ""
        return f"Step {number}: {self.thought}\n{command}{self.result}"

    def in_short(self, number: int) -> str:
        """One line: the command, and the first line of what came back."""
        said = self.command or self.thought
        return f"Step {number}: {_line(said)} -> {_line(self.result)}"


def without_middle(text: str, limit: int) -> str:
    """``text``, or its beginning and its end in ``limit`` characters, saying what is missing."""
    if len(text) <= limit:
        return text
    head = limit // 3
    tail = limit - head
    missing = len(text) - limit
    return f"{text[:head]}\n[... {missing} characters left out ...]\n{text[-tail:]}"


def within(steps: Sequence[AgentStep], budget: int) -> str:
    """The newest steps in full as far as ``budget`` characters go, the older ones a line each.

    The newest is always there in full; of the lines the newest are kept.
    """
    full: list[str] = []
    left = budget
    rest = len(steps)
    while rest:
        text = steps[rest - 1].in_full(rest)
        if full and len(text) > left:
            break
        full.insert(0, text)
        left -= len(text)
        rest -= 1
    short: list[str] = []
    for number in range(rest, 0, -1):
        line = steps[number - 1].in_short(number)
        if len(line) > left:
            short.insert(0, f"[... {number} earlier steps left out ...]")
            break
        short.insert(0, line)
        left -= len(line)
    return "\n\n".join(["\n".join(short), *full] if short else full)


def _line(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return first if len(first) <= _LINE else f"{first[: _LINE - 1]}…"
