"""A command is a frozen record: what its fields are makes parser, help, buttons and modals.

    class Fix(Command, verb="fix", level=Level.L3):
        \"\"\"Start a fix run, or add a note to the one that runs.\"\"\"

        examples = ("fix C-12", "fix --timeout=30m -- only touch the parser")

        cluster: Annotated[ClusterRef | None, WORD] = None
        timeout: Duration | None = None
        steer: Annotated[str, TEXT] = ""

Required fields are words, defaulted fields are options. Marks say otherwise: ``WORD`` (a word that
may be left out), ``After("into")`` (a word behind a small one), ``TEXT`` (what follows ``--``),
``REST`` (all the remaining words). Words find their field by their shape, so their order is free
where shapes differ. The docstring is the help; its first line is the summary. What ``Head`` names
stands in the head of the class as far as it fits there, and else in its body.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Literal, TypedDict

from pydantic import BaseModel, ConfigDict
from typing_extensions import Unpack


class Level(IntEnum):
    """Who may: read the place (L0), reporter (L1), triage, write, maintain, owner."""

    L0 = 0
    L1 = 1
    L2 = 2
    L3 = 3
    L4 = 4
    L5 = 5


def levels(**of: str) -> Mapping[str, Level]:
    """Which ``what`` needs another level than its verb: ``levels(L0="list", L3="others")``."""
    return {what: Level[name] for name, words in of.items() for what in words.split()}


Calls = Literal["reading", "costly", "free"]
"""Which calls of a person a minute are counted together; "free" are never refused."""


@dataclass(frozen=True, slots=True)
class WordMark:
    """See ``WORD``."""


@dataclass(frozen=True, slots=True)
class TextMark:
    """See ``TEXT`` and ``REST``."""

    bare: bool


@dataclass(frozen=True, slots=True)
class After:
    """A word that stands behind ``word``: ``into C-12``. It may be given as an option, too.
    ``unit`` is a word that may follow and means nothing: ``until 50 events``."""

    word: str
    unit: str = ""


WORD = WordMark()
"""A word although it has a default: it may be left out."""

TEXT = TextMark(bare=False)
"""Free text, all that follows ``--``."""

REST = TextMark(bare=True)
"""Free text: all the words that are nothing else, with or without ``--`` before them."""


class Head(TypedDict, total=False):
    """What a verb is called, who may say it, what it costs them, and how it looks."""

    verb: str
    aliases: tuple[str, ...]
    level: Level
    calls: Calls
    cost: str
    tells_nothing: bool
    examples: tuple[str, ...]


class Command(BaseModel):
    """One verb with its words, options and text."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    verb: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    level: ClassVar[Level] = Level.L0
    examples: ClassVar[tuple[str, ...]] = ()
    cost: ClassVar[str] = ""
    internal: ClassVar[tuple[str, ...]] = ()
    """Fields that our own buttons fill in: no help shows them."""
    tells_nothing: ClassVar[bool] = False
    """Whether its answer says nothing of the project."""
    calls: ClassVar[Calls] = "reading"
    """"costly": it keeps a model, a machine or GitHub busy; "free": it stops or takes back."""
    costly_when: ClassVar[tuple[str, ...]] = ()
    """With these as ``what`` it is costly."""
    level_when: ClassVar[Mapping[str, Level]] = {}
    """See ``levels``."""
    asker_when: ClassVar[tuple[str, ...]] = ()
    """With these as ``what`` its answer is for who asked alone; "" where there is no ``what``."""

    def __init_subclass__(cls, **head: Unpack[Head]) -> None:
        for name, value in head.items():
            setattr(cls, name, value)

    @property
    def needs(self) -> Level:
        """The level that this one needs."""
        others = self.level_when.get("others", self.level)
        return self.level_when.get(getattr(self, "what", ""), others)

    @property
    def counts_as(self) -> Calls:
        """What this one is counted as."""
        what = getattr(self, "what", "")
        return "free" if what == "stop" else "costly" if what in self.costly_when else self.calls

    @property
    def answers_asker(self) -> bool:
        """Whether the answer is for who asked and nobody else: a place where others would read
        it refuses the command before anything is done."""
        return getattr(self, "what", "") in self.asker_when
