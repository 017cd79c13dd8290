"""What an operator proposes: a change to the text of one file, and how likely its kind is."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.adapters.agents.mechanic.engine.precedence import LOOSEST, required, tightness
from bot.adapters.agents.mechanic.engine.scope import Scope
from bot.adapters.agents.mechanic.engine.source import FUNCTIONS, SourceFile

if TYPE_CHECKING:  # Python 3.8 cannot subscript these when it runs
    from collections.abc import Callable, Iterator

    Change = tuple[int, int, str]  # start, end, new text
    Operator = Callable[["Site"], Iterator["Edit"]]


@dataclass(frozen=True)
class Edit:
    """Changes to one file. ``prior`` in (0, 1] is how common such a repair is; ``line`` is where
    the suspicion is read; ``size`` counts the changed tokens."""

    path: str
    changes: tuple[Change, ...]
    kind: str
    prior: float
    line: int
    node: ast.AST = field(compare=False, repr=False, hash=False)

    @property
    def size(self) -> int:
        """Tokens written."""
        return sum(len(re.findall(r"\w+|[^\w\s]", text)) for _, _, text in self.changes)


@dataclass(frozen=True)
class Site:
    """One node under repair, with what an operator needs to know about its surroundings."""

    source: SourceFile
    node: ast.AST
    scope: Scope
    errors: frozenset[str] = frozenset()  # the exceptions that the failing tests end with
    texts: frozenset[str] = frozenset()  # the string literals of these tests

    def replace(
        self, text: str, kind: str, prior: float, *, tight: int = 15, node: ast.AST | None = None
    ) -> Edit:
        """The node (or ``node``) written as ``text``, whose expression is as tight as ``tight``."""
        place = node or self.node
        start, end = self.source.span(place)
        link = self.source.parents.get(place)
        needed = required(link[0], link[1], place) if link else LOOSEST
        if tight < needed and not self._is_wrapped(start, end):
            text = f"({text})"
        return self.edit(((start, end, text),), kind, prior, place)

    def edit(
        self, changes: tuple[Change, ...], kind: str, prior: float, node: ast.AST | None = None
    ) -> Edit:
        """Any change, blamed on the line of the node (or ``node``)."""
        place = node or self.node
        line = getattr(place, "lineno", 1)
        return Edit(self.source.path, changes, kind, prior, line, place)

    def text(self, node: ast.AST, needed: int = LOOSEST) -> str:
        """The text of a node, in parentheses where ``needed`` is tighter than it."""
        text = self.source.segment(node)
        return f"({text})" if tightness(node) < needed else text

    def in_loop(self, node: ast.AST) -> bool:
        """Whether it stands in a loop of its own function."""
        for above in self.source.above(node):
            if isinstance(above, (*FUNCTIONS, ast.For, ast.AsyncFor, ast.While)):
                return not isinstance(above, FUNCTIONS)
        return False

    def quoted(self, value: str) -> str:
        """A string literal in the quotes of the one it replaces, or else of the file."""
        shown = repr(value)
        plain = "'" not in value and '"' not in value and "\\" not in shown
        quote = self.source.quote
        if isinstance(self.node, ast.Constant) and isinstance(self.node.value, str):
            last = self.source.segment(self.node)[-1:]
            quote = last if last in ("'", '"') else quote
        return quote + value + quote if plain else shown

    def _is_wrapped(self, start: int, end: int) -> bool:
        before = self.source.text[:start].rstrip()
        after = self.source.text[end:].lstrip()
        grouped = before.endswith("(") and after.startswith(")")
        return grouped and not re.search(r"[\w\])]\s*\($", before)


def spread(edits: list[Edit]) -> Iterator[Edit]:
    """Alternatives of one kind at one place share its likelihood."""
    share = max(1, len(edits)) ** 0.5
    for edit in edits:
        yield Edit(edit.path, edit.changes, edit.kind, edit.prior / share, edit.line, edit.node)
