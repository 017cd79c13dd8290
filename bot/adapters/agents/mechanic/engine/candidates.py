"""Every edit worth trying, the most promising first."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.adapters.agents.mechanic.engine.edits import OPERATORS, Edit, Site
from bot.adapters.agents.mechanic.engine.localise import Suspicion
from bot.adapters.agents.mechanic.engine.pool import Result
from bot.adapters.agents.mechanic.engine.scope import Scope
from bot.adapters.agents.mechanic.engine.source import FUNCTIONS, SourceFile

_MOST_LINES = 400
# What kind of repair an error asks for: (error, words of its message) -> kinds and factor.
_CLUES: tuple[tuple[str, str, str, float], ...] = (
    ("AttributeError", "NoneType", r"guard|truth|fallback|condition|missing return", 2.0),
    ("TypeError", "NoneType", r"guard|truth|fallback|condition|missing return|forgotten", 2.0),
    ("KeyError", "", r"^get|^string|^guard|condition|variable|except", 2.0),
    ("ZeroDivisionError", "", r"zero guard|^guard|fallback|comparison|wrap", 2.5),
    ("IndexError", "", r"off by one|slice|range|comparison|^guard|condition|constant", 1.5),
    ("NameError", "", r"variable|self|module name", 3.0),
    ("UnboundLocalError", "", r"initial|variable|self|module name|outdent|indent", 2.5),
    ("AttributeError", "has no attribute", r"attribute|self|method|wrap|unwrap", 1.8),
    ("TypeError", "bytes-like", r"wrap:..code", 4.0),
    ("TypeError", "must be str", r"wrap:str", 4.0),
    ("TypeError", "can only concatenate str", r"wrap:str", 4.0),
    ("TypeError", "can only concatenate", r"wrap:(list|tuple)", 4.0),
    ("TypeError", "expected str", r"wrap:str", 4.0),
    ("TypeError", "and 'str'", r"wrap:(int|float|str)", 3.0),
    ("TypeError", "'str' and", r"wrap:(int|float|str)", 3.0),
    ("TypeError", "not callable", r"drop|unwrap|variable", 2.0),
    ("TypeError", "unhashable", r"wrap:tuple|variable", 2.0),
    ("TypeError", "", r"wrap|argument|unwrap|self|await", 1.5),
    ("ValueError", "empty", r"add argument", 3.0),
    ("ValueError", "", r"wrap|fallback|except|^guard|string|drop argument", 1.4),
    ("AssertionError", "None ==", r"missing return|forgotten return|outdent", 2.0),
    ("RecursionError", "", r"comparison|off by one|^guard|condition|expression", 1.5),
    ("timeout", "", r"new statement|comparison|off by one|condition|constant", 1.5),
)


@dataclass(frozen=True)
class EditCandidate:
    """One or two edits of one file or two, and how promising they are together."""

    edits: tuple[Edit, ...]
    score: float

    @property
    def paths(self) -> list[str]:
        """The files it touches."""
        return sorted({edit.path for edit in self.edits})

    def changes(self, path: str) -> tuple[tuple[int, int, str], ...]:
        """What it changes in one file."""
        return tuple(c for edit in self.edits if edit.path == path for c in edit.changes)

    @property
    def kind(self) -> str:
        """Its kinds, for logs."""
        return " + ".join(edit.kind for edit in self.edits)


def candidates(
    sources: dict[str, SourceFile],
    suspicion: Suspicion,
    types: dict[str, dict[int, dict[str, set[str]]]],
    failures: list[Result],
    mentions: tuple[str, ...],
    most: int = _MOST_LINES,
    texts: frozenset[str] = frozenset(),
) -> list[EditCandidate]:
    """Edits of the most suspicious lines by falling score: suspicion x prior x size x clue."""
    best: dict[tuple[str, tuple[tuple[int, int, str], ...]], EditCandidate] = {}
    worst_first = suspicion.ranked()[:most]
    by_path: dict[str, dict[int, float]] = {}
    for path, line in worst_first:
        by_path.setdefault(path, {})[line] = suspicion.of[path, line]
    clues = _clues(failures)
    errors = frozenset(result.error for result in failures if result.error)
    for path, lines in by_path.items():
        source = sources.get(path)
        if source is None:
            continue
        told = types.get(path, {}), mentions, errors, texts
        for site, blame in _sites(source, lines, *told):
            for operator in OPERATORS:
                for edit in operator(site):
                    score = blame * edit.prior * 0.97**edit.size * _clue(clues, edit.kind)
                    key = (path, edit.changes)
                    if key not in best or best[key].score < score:
                        best[key] = EditCandidate((edit,), score)
    return sorted(best.values(), key=lambda c: (-c.score, c.edits[0].path, c.edits[0].changes))


def _sites(
    source: SourceFile,
    lines: dict[int, float],
    types: dict[int, dict[str, set[str]]],
    mentions: tuple[str, ...],
    *tested: frozenset[str],
) -> Iterator[tuple[Site, float]]:
    """Nodes to repair with the suspicion of their line; ``tested`` are the errors and the texts of
    the failing tests."""
    scopes: dict[ast.AST, Scope] = {}
    for node in source.walk(source.tree):
        if not isinstance(
            node, (ast.stmt, ast.expr, ast.Slice, ast.comprehension, ast.ExceptHandler)
        ):
            continue
        blame = _blame(source, node, lines)
        if blame <= 0 or not source.is_repairable(node) or _in_a_test(source, node):
            continue
        owner: ast.AST = source.function(node) or source.tree
        if isinstance(node, FUNCTIONS):
            owner = node
        if owner not in scopes:
            scopes[owner] = Scope(source, owner, types)
        if getattr(owner, "name", "") in mentions:
            blame *= 1.33
        yield Site(source, node, scopes[owner], *tested), blame


def _blame(source: SourceFile, node: ast.AST, lines: dict[int, float]) -> float:
    """The suspicion of a node: of its statement's header, or for a function of its body."""
    if isinstance(node, FUNCTIONS):
        inside = [v for line, v in lines.items() if node.lineno <= line <= (node.end_lineno or 0)]
        return 0.9 * max(inside, default=0.0)
    holder = node if isinstance(node, ast.ExceptHandler) else source.statement(node)
    if holder is None or isinstance(holder, (*FUNCTIONS, ast.ClassDef)):
        function = holder if isinstance(holder, FUNCTIONS) else None
        if function is not None:  # a default value
            inside = [
                v for k, v in lines.items() if function.lineno <= k <= (function.end_lineno or 0)
            ]
            return 0.5 * max(inside, default=0.0)
        return 0.0
    first = holder.lineno
    last = holder.end_lineno or first
    body = getattr(holder, "body", None)
    if isinstance(body, list) and body:
        last = max(first, body[0].lineno - 1)
    found = [lines[line] for line in range(first, last + 1) if line in lines]
    if not found and isinstance(holder, (ast.Break, ast.Continue, ast.Pass)):
        return 0.0
    return max(found, default=0.0)


def _in_a_test(source: SourceFile, node: ast.AST) -> bool:
    for place in [node, *source.above(node)]:
        if isinstance(place, FUNCTIONS) and place.name.startswith("test_"):
            return True
        if isinstance(place, ast.ClassDef) and place.name.startswith("Test"):
            return True
    return False


def _clues(failures: list[Result]) -> list[tuple[re.Pattern[str], float]]:
    found: dict[str, float] = {}
    for result in failures:
        for error, words, kinds, factor in _CLUES:
            same = result.error == error or result.outcome == error
            if same and words in result.message:
                found[kinds] = factor
    return [(re.compile(kinds), factor) for kinds, factor in found.items()]


def _clue(clues: list[tuple[re.Pattern[str], float]], kind: str) -> float:
    return max([factor for pattern, factor in clues if pattern.search(kind)], default=1.0)
