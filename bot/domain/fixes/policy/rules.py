"""What a project may set, and what the judge says."""

from collections.abc import Callable
from functools import cached_property
from typing import Literal

from pydantic import Field

from bot.domain.fixes.patch import matcher
from bot.domain.models import Record

Severity = Literal["refuse", "flag"]


class Rules(Record):
    """The project's patch policy. Patterns are written as in ``.gitignore``.

    ``allow`` opens what a fix may not touch by itself (paths, binaries, modes). ``max_lines``
    counts added and removed lines, ``max_bytes`` added ones. ``only`` are all that may be touched,
    where it says any."""

    max_files: int = Field(default=20, ge=1)
    max_lines: int = Field(default=800, ge=1)
    max_bytes: int = Field(default=200_000, ge=1)
    allow: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    @cached_property
    def allows(self) -> Callable[[str], bool]:
        """Whether the project opened a path."""
        return matcher(self.allow)

    @cached_property
    def covers(self) -> Callable[[str], bool]:
        """Whether a path is among those that may be touched at all."""
        return matcher(self.only) if self.only else lambda _: True


class Finding(Record):
    """One thing the judge saw. ``flag`` is for the reviewer's eye, ``refuse`` ends the run."""

    rule: str
    path: str
    message: str
    severity: Severity = "refuse"


def refuse(rule: str, path: str, clause: str) -> Finding:
    """What ends the run; ``clause`` says what the file does."""
    return Finding(rule=rule, path=path, message=f"{path} {clause}")


def flag(rule: str, path: str, clause: str) -> Finding:
    """The same for what a reviewer should look at."""
    return Finding(rule=rule, path=path, message=f"{path} {clause}", severity="flag")
