"""The things a command can name: clusters, items, runs, versions, issues, people, agents, spans.

Each reads one word (``read`` gives None when the word is something else) and writes itself back
as ``str``. Phones turn a hyphen into a dash, so ``C–12`` is ``C-12``.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Self

_HYPHEN = "[-‐‑‒–—−]?"
_REPOSITORY = r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}"


class Reference(ABC):
    """A word with a shape of its own. ``what`` and ``example`` are used in messages and help."""

    __slots__ = ()

    what: ClassVar[str]
    example: ClassVar[str]

    @classmethod
    @abstractmethod
    def read(cls, word: str) -> Self | None:
        """The thing ``word`` names, None when it is not of this shape."""


@dataclass(frozen=True, slots=True)
class _Numbered(Reference):
    number: int

    letter: ClassVar[str]

    @classmethod
    def read(cls, word: str) -> Self | None:
        """See :class:`Reference`."""
        found = re.fullmatch(rf"{cls.letter}{_HYPHEN}([1-9][0-9]{{0,8}})", word, re.IGNORECASE)
        return cls(int(found[1])) if found else None

    def __str__(self) -> str:
        return f"{self.letter}-{self.number}"


def names_repository(word: str) -> bool:
    """Whether the word has the shape of ``owner/repo``."""
    return re.fullmatch(_REPOSITORY, word) is not None


def names_record(word: str) -> bool:
    """Whether the word is ``C-12``, ``I-345``, ``F-7`` or ``v2``."""
    kinds: tuple[type[Reference], ...] = (ClusterRef, ItemRef, RunRef, VersionRef)
    return any(kind.read(word) for kind in kinds)


@dataclass(frozen=True, slots=True)
class ClusterRef(_Numbered):
    """``C-12``."""

    letter: ClassVar[str] = "C"
    what: ClassVar[str] = "a cluster"
    example: ClassVar[str] = "C-12"


@dataclass(frozen=True, slots=True)
class ItemRef(_Numbered):
    """``I-345``: a feedback item."""

    letter: ClassVar[str] = "I"
    what: ClassVar[str] = "a feedback item"
    example: ClassVar[str] = "I-345"


@dataclass(frozen=True, slots=True)
class RunRef(_Numbered):
    """``F-7``: a fix run."""

    letter: ClassVar[str] = "F"
    what: ClassVar[str] = "a fix run"
    example: ClassVar[str] = "F-7"


@dataclass(frozen=True, slots=True)
class VersionRef(_Numbered):
    """``v2``: a version of a fix."""

    letter: ClassVar[str] = "v"
    what: ClassVar[str] = "a version"
    example: ClassVar[str] = "v2"

    def __str__(self) -> str:
        return f"v{self.number}"


@dataclass(frozen=True, slots=True)
class IssueRef(Reference):
    """``#123`` here or ``owner/repo#123`` elsewhere; the address of an issue or PR reads too.

    ``repository`` is empty for the repository the command was given in.
    """

    number: int
    repository: str = ""

    what: ClassVar[str] = "an issue"
    example: ClassVar[str] = "#123"

    @classmethod
    def read(cls, word: str) -> Self | None:
        """See :class:`Reference`."""
        found = re.fullmatch(rf"({_REPOSITORY})?#([1-9][0-9]{{0,8}})", word) or re.fullmatch(
            rf"https://[^/]+/({_REPOSITORY})/(?:issues|pull)/([1-9][0-9]{{0,8}})(?:[/?#].*)?", word
        )
        return cls(int(found[2]), found[1] or "") if found else None

    def __str__(self) -> str:
        return f"{self.repository}#{self.number}"


@dataclass(frozen=True, slots=True)
class UserRef(Reference):
    """``@login`` on GitHub, or ``<@U123>`` as Slack writes a person it knows."""

    login: str = ""
    slack_user: str = ""

    what: ClassVar[str] = "a person"
    example: ClassVar[str] = "@ana"

    @classmethod
    def read(cls, word: str) -> Self | None:
        """See :class:`Reference`."""
        if found := re.fullmatch(r"<@([UW][A-Z0-9]{1,30})(?:\|[^<>]*)?>", word):
            return cls(slack_user=found[1])
        found = re.fullmatch(r"@([A-Za-z0-9](?:[A-Za-z0-9_-]{0,99}))(?:\[bot\])?", word)
        return cls(login=found[1]) if found else None

    def __str__(self) -> str:
        return f"<@{self.slack_user}>" if self.slack_user else f"@{self.login}"


@dataclass(frozen=True, slots=True)
class AgentRef(Reference):
    """``~name``: a coding agent on the roster."""

    name: str

    what: ClassVar[str] = "an agent"
    example: ClassVar[str] = "~search"

    @classmethod
    def read(cls, word: str) -> Self | None:
        """See :class:`Reference`."""
        found = re.fullmatch(r"~([A-Za-z0-9][A-Za-z0-9_-]{0,62})", word)
        return cls(found[1].lower()) if found else None

    def __str__(self) -> str:
        return f"~{self.name}"


_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True)
class Duration(Reference):
    """A span of time: ``90s``, ``30m``, ``1h30m``, ``7d``, ``2w``; up to a century."""

    seconds: int

    what: ClassVar[str] = "a duration"
    example: ClassVar[str] = "30m"

    @property
    def timedelta(self) -> timedelta:
        """The same as the standard library's."""
        return timedelta(seconds=self.seconds)

    @classmethod
    def read(cls, word: str) -> Self | None:
        """See :class:`Reference`."""
        if not re.fullmatch(r"(?:[0-9]{1,9}[wdhms])+", word, re.IGNORECASE) or len(word) > 40:
            return None
        parts = re.findall(r"([0-9]+)([a-z])", word.lower())
        seconds = sum(int(amount) * _UNITS[unit] for amount, unit in parts)
        return cls(seconds) if 0 < seconds <= 100 * 366 * 86_400 else None

    def __str__(self) -> str:
        written, left = "", self.seconds
        for unit, size in _UNITS.items():
            amount, left = divmod(left, size)
            written += f"{amount}{unit}" if amount else ""
        return written
