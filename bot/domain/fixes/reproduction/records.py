"""What goes in, and what comes out."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from bot.domain.models import Draft, Frame, Record

Kind = Literal[
    "doctest", "assertion", "snippet", "sentence", "traceback", "command line", "written"
]
# How much a red test says: what was told came to the letter; only what should come was told; or a
# model wrote it.
Grade = Literal["as reported", "fails", "written by a model"]


class BugReport(Record):
    """One report of the problem; ``body`` is Markdown, ``frames`` are innermost last."""

    number: int
    title: str = ""
    body: str = ""
    frames: tuple[Frame, ...] = ()

    @classmethod
    def of(cls, number: int, draft: Draft) -> BugReport:
        """What counts of a feedback item."""
        return cls(number=number, title=draft.title, body=draft.body, frames=draft.frames)


class Reason(Record):
    """Why the test must fail: the exception's name, and what came instead where it was told.

    ``exception`` is empty where only the right value is told: whatever else comes is a failure.
    ``message`` is the exception's, where it was told.
    """

    exception: str
    actual: str = ""
    message: str = ""


class Reproduction(Record):
    """A test that should fail. ``path`` and ``source`` are the whole file, ``test`` the function.

    ``subject`` is what is under test (``shop.pagination.page_count``), ``says`` one line about it.
    ``items`` are the numbers of the reports it came from, ``quote`` is the passage that a model
    rests it on. ``kept`` is the same file with what the reports show as right, where they do.
    """

    kind: Kind
    path: str
    source: str
    test: str
    subject: str
    says: str
    reason: Reason
    items: tuple[int, ...]
    quote: str = ""
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as a report shows it. ``node`` is None where it is the text of something printed."""

    text: str
    node: ast.expr | None = None


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception as a report names it, without its module."""

    name: str
    message: str = ""


Answer = Shown | Raised


def same(one: Answer | None, other: Answer | None) -> bool:
    """Whether two answers are told to be the same."""
    if isinstance(one, Shown) and isinstance(other, Shown):
        if one.node is not None and other.node is not None:
            return ast.dump(one.node) == ast.dump(other.node)
        return one.text.strip() == other.text.strip()
    return isinstance(one, Raised) and isinstance(other, Raised) and one.name == other.name


@dataclass(frozen=True, slots=True)
class Example:
    """What a report tells about one question, unchecked.

    ``question`` is a module where the whole output of a script is asked. ``expected`` None means
    that it should just not fail. ``printed`` compares the text of the answer; ``hangs`` says that
    none comes; ``exact`` asks for the message of the error that should come, too. ``sure`` is how
    plainly the report says it, larger is plainer; at 0 nothing says what should come, and
    ``expected`` is what comes now; below it, what comes now and is right.
    """

    kind: Kind
    setup: tuple[ast.stmt, ...]
    question: ast.expr | ast.Assert | ast.Module
    expected: Answer | None
    actual: Answer | None
    sure: int
    printed: bool = False
    hangs: bool = False
    exact: bool = False
