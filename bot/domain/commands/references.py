"""The things a command can name: clusters, items, runs, versions, issues, people, agents, spans.
Each reads one word (``read`` gives None when the word is something else) and writes itself back as
``str``. Phones turn a hyphen into a dash, so ``C–12`` is ``C-12``."""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Self

from typing_extensions import override

_HYPHEN = "[-‐‑‒–—−]?"
_REPOSITORY = r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}"


class Reference(ABC):
    """A word with a shape of its own. ``what`` and ``example`` are used in messages and help."""

    what: ClassVar[str]
    example: ClassVar[str]

    def __init_subclass__(cls, *, what: str = "", example: str = "") -> None:
        cls.what, cls.example = what, example

    @classmethod
    @abstractmethod
    def read(cls, word: str) -> Self | None:
        """The thing ``word`` names, None when it is not of this shape."""

    @classmethod
    def read_loosely(cls, word: str) -> Self | None:
        """The same where nothing else is meant, without its sign: ``sam``, ``45``."""
        return cls.read(word)


@dataclass(frozen=True)
class _Numbered(Reference):
    """A number behind the letter of its example."""

    number: int

    @classmethod
    def read(cls, word: str) -> Self | None:
        letter = cls.example[0]
        found = re.fullmatch(rf"{letter}{_HYPHEN}([1-9][0-9]{{0,8}})", word, re.IGNORECASE)
        return cls(int(found[1])) if found else None

    def __str__(self) -> str:
        return f"{self.example[0]}-{self.number}"


def names_repository(word: str) -> bool:
    """Whether the word has the shape of ``owner/repo``."""
    return re.fullmatch(_REPOSITORY, word) is not None


def names_record(word: str) -> bool:
    """Whether the word is ``C-12``, ``I-345``, ``F-7`` or ``v2``."""
    kinds: tuple[type[Reference], ...] = (ClusterRef, ItemRef, RunRef, VersionRef)
    return any(kind.read(word) for kind in kinds)


class ClusterRef(_Numbered, what="a cluster", example="C-12"):
    """``C-12``."""


class ItemRef(_Numbered, what="a feedback item", example="I-345"):
    """``I-345``: a feedback item."""


class RunRef(_Numbered, what="a fix run", example="F-7"):
    """``F-7``: a fix run."""


class FactRef(_Numbered, what="a fact", example="M-3"):
    """``M-3``: a fact that is remembered."""


class VersionRef(_Numbered, what="a version", example="v2"):
    """``v2``: a version of a fix."""

    def __str__(self) -> str:
        return f"v{self.number}"


@dataclass(frozen=True)
class IssueRef(Reference, what="an issue", example="#123"):
    """``#123`` here or ``owner/repo#123`` elsewhere; the address of an issue or PR reads too.
    ``repository`` is empty for the repository the command was given in."""

    number: int
    repository: str = ""

    @classmethod
    def read(cls, word: str) -> Self | None:
        found = re.fullmatch(rf"({_REPOSITORY})?#([1-9][0-9]{{0,8}})", word) or re.fullmatch(
            rf"https://[^/]+/({_REPOSITORY})/(?:issues|pull)/([1-9][0-9]{{0,8}})(?:[/?#].*)?", word
        )
        return cls(int(found[2]), found[1] or "") if found else None

    @classmethod
    @override
    def read_loosely(cls, word: str) -> Self | None:
        return cls.read(word) or cls.read(f"#{word}")

    def __str__(self) -> str:
        return f"{self.repository}#{self.number}"


@dataclass(frozen=True)
class UserRef(Reference, what="a person", example="@ana"):
    """``@login`` on GitHub, or ``<@U123>`` as Slack writes a person it knows."""

    login: str = ""
    slack_user: str = ""

    @classmethod
    def read(cls, word: str) -> Self | None:
        if found := re.fullmatch(r"<@([UW][A-Z0-9]{1,30})(?:\|[^<>]*)?>", word):
            return cls(slack_user=found[1])
        found = re.fullmatch(r"@([A-Za-z0-9](?:[A-Za-z0-9_-]{0,99}))(?:\[bot\])?", word)
        return cls(login=found[1]) if found else None

    @classmethod
    @override
    def read_loosely(cls, word: str) -> Self | None:
        return cls.read(word) or (None if names_record(word) else cls.read(f"@{word}"))

    def __str__(self) -> str:
        return f"<@{self.slack_user}>" if self.slack_user else f"@{self.login}"


@dataclass(frozen=True)
class AgentRef(Reference, what="an agent", example="~mechanic"):
    """``~name``: a coding agent on the roster."""

    name: str

    @classmethod
    def read(cls, word: str) -> Self | None:
        found = re.fullmatch(r"~([A-Za-z0-9][A-Za-z0-9_-]{0,62})", word)
        return cls(found[1].lower()) if found else None

    def __str__(self) -> str:
        return f"~{self.name}"


_UNIT_WORDS = "weeks?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?"
_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}


@dataclass(frozen=True)
class SubredditRef(Reference, what="a subreddit", example="r/acme"):
    """A subreddit by its name, which Reddit tells in any case."""

    name: str

    @classmethod
    def read(cls, word: str) -> Self | None:
        found = re.fullmatch(r"/?r/([a-z0-9_]{2,21})/?", word, re.IGNORECASE | re.ASCII)
        return cls(found[1].lower()) if found else None

    def __str__(self) -> str:
        return f"r/{self.name}"


@dataclass(frozen=True)
class Duration(Reference, what="a duration", example="30m"):
    """A span of time: ``90s``, ``30m``, ``1h30m``, ``7d``, ``3days``; up to a century."""

    seconds: int

    @property
    def timedelta(self) -> timedelta:
        """The same as the standard library's."""
        return timedelta(seconds=self.seconds)

    @classmethod
    def read(cls, word: str) -> Self | None:
        word = re.sub(rf"(?<=[0-9])({_UNIT_WORDS})\Z", lambda unit: unit[1][0], word.lower())
        if not re.fullmatch(r"(?:[0-9]{1,9}[wdhms])+", word) or len(word) > 40:
            return None
        parts = re.findall(r"([0-9]+)([a-z])", word)
        seconds = sum(int(amount) * _UNITS[unit] for amount, unit in parts)
        return cls(seconds) if 0 < seconds <= 100 * 366 * 86_400 else None

    def __str__(self) -> str:
        written, left = "", self.seconds
        for unit, size in _UNITS.items():
            amount, left = divmod(left, size)
            written += f"{amount}{unit}" if amount else ""
        return written
