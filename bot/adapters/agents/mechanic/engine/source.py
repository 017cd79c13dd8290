"""A Python file as text and syntax tree, with exact spans, so that edits touch nothing else."""

from __future__ import annotations

import ast
import bisect
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Changes = tuple[tuple[int, int, str], ...]  # start, end, new text

_NEWLINE = re.compile(r"\r\n|\r|\n")
_SUITES = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.For, ast.AsyncFor, ast.While,
    ast.With, ast.AsyncWith, ast.Try, ast.ExceptHandler, ast.Module,
)  # fmt: skip
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class SourceFile:
    """One file. Offsets are positions in ``text``. Raises SyntaxError or UnicodeDecodeError."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        self.text = data.decode(self.encoding)
        self.tree = _with_plain_subscripts(ast.parse(self.text))
        self.starts = [0, *(match.end() for match in _NEWLINE.finditer(self.text))]
        first = _NEWLINE.search(self.text)
        self.newline = first.group() if first else "\n"
        self.parents: dict[ast.AST, tuple[ast.AST, str]] = {}
        self._below: dict[ast.AST, list[ast.AST]] = {}
        self._link(self.tree)
        self.functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
        for node in self.walk(self.tree):
            if isinstance(node, FUNCTIONS):
                self.functions.setdefault(node.name, []).append(node)
                holder = self.parent(node)
                if node.name == "__init__" and isinstance(holder, ast.ClassDef):  # as it is called
                    self.functions.setdefault(holder.name, []).append(node)
        texts = (n.value for n in self.walk(self.tree) if isinstance(n, ast.Constant))
        self.strings = {t for t in texts if isinstance(t, str) and re.fullmatch(".{0,39}", t)}
        self.lazy = any(  # annotations are never evaluated
            isinstance(node, ast.ImportFrom)
            and node.module == "__future__"
            and any(alias.name == "annotations" for alias in node.names)
            for node in self.tree.body
        )
        self.indent = self._indent()
        self.quote = "'" if self.text.count("'") > self.text.count('"') else '"'

    def encode(self, text: str) -> bytes:
        """``text`` as this file's bytes."""
        return text.encode(self.encoding)

    def _link(self, root: ast.AST) -> None:
        for node in ast.walk(root):
            for field, value in ast.iter_fields(node):
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        self.parents[child] = (node, field)

    def _indent(self) -> str:
        for node in ast.walk(self.tree):
            if isinstance(node, _SUITES) and not isinstance(node, ast.Module):
                body = node.body[0]
                if body.lineno > getattr(node, "lineno", 0):
                    outer = self.margin(node)
                    inner = self.margin(body)
                    if inner.startswith(outer) and inner != outer:
                        return inner[len(outer) :]
        return "    "

    # Places -------------------------------------------------------------------------------------

    def offset(self, line: int, column: int) -> int:
        """Where byte ``column`` of line ``line`` (from 1) stands in the text."""
        start = self.starts[line - 1]
        end = self.starts[line] if line < len(self.starts) else len(self.text)
        content = self.text[start:end]
        if content.isascii():
            return start + column
        return start + len(content.encode("utf-8")[:column].decode("utf-8", "ignore"))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """First and last offset of a node."""
        place: ast.expr = node  # type: ignore[assignment]
        end_line, end_column = place.end_lineno or place.lineno, place.end_col_offset or 0
        return self.offset(place.lineno, place.col_offset), self.offset(end_line, end_column)

    def segment(self, node: ast.AST) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def margin(self, node: ast.AST) -> str:
        """The white space before the line a node starts on."""
        start = self.starts[node.lineno - 1]  # type: ignore[attr-defined]
        return self.text[start : len(self.text)][: _margin_length(self.text, start)]

    def block(self, statement: ast.stmt) -> tuple[int, int] | None:
        """The whole lines of a statement with its newline; None when it shares a line."""
        first = min(
            [statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))]
        )
        start = self.starts[first - 1]
        last = statement.end_lineno or statement.lineno
        end = self.starts[last] if last < len(self.starts) else len(self.text)
        before = self.text[start : self.span(statement)[0]] if first == statement.lineno else ""
        after = self.text[self.span(statement)[1] : end].strip()
        if before.strip() or (after and not after.startswith("#")):
            return None
        return start, end

    def part(self, changes: Changes) -> dict[str, Any] | None:
        """The whole lines of the one statement of the module that holds every change, before and
        after; None where none does."""
        first, last = min(c[0] for c in changes), max(c[1] for c in changes)
        line = self.line(last - 1)
        holder = next((s for s in self.tree.body if (s.end_lineno or 0) >= line), None)
        block = self.block(holder) if holder is not None else None
        if block is None or first < block[0] or last > block[1]:
            return None
        inside = tuple((start - block[0], end - block[0], new) for start, end, new in changes)
        old = self.text[slice(*block)]
        facts = {"path": self.path, "line": self.line(block[0]), "lazy": self.lazy}
        return {**facts, "old": old, "new": applied(old, inside)}

    def line(self, offset: int) -> int:
        """The line, from 1, that an offset stands on."""
        return bisect.bisect_right(self.starts, offset)

    # Relations ----------------------------------------------------------------------------------

    def walk(self, node: ast.AST) -> list[ast.AST]:
        """A node and everything below it; remembered for functions, classes and the module."""
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Module)):
            return list(ast.walk(node))
        if node not in self._below:
            self._below[node] = list(ast.walk(node))
        return self._below[node]

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node above."""
        link = self.parents.get(node)
        return link[0] if link else None

    def field(self, node: ast.AST) -> str:
        """The name of the field of the parent that holds this node."""
        link = self.parents.get(node)
        return link[1] if link else ""

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """Every node above, nearest first."""
        current = self.parent(node)
        while current is not None:
            yield current
            current = self.parent(current)

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The statement a node stands in (itself, if it is one)."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.stmt):
            current = self.parent(current)
        return current

    def function(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The function a node stands in."""
        for above in self.above(node):
            if isinstance(above, FUNCTIONS):
                return above
        return None

    def class_(self, node: ast.AST) -> ast.ClassDef | None:
        """The class a node stands in."""
        return next((above for above in self.above(node) if isinstance(above, ast.ClassDef)), None)

    def siblings(self, statement: ast.stmt) -> list[ast.stmt]:
        """The block a statement is part of."""
        link = self.parents.get(statement)
        found = getattr(link[0], link[1], []) if link else []
        return found if isinstance(found, list) else []

    def _is_placed(self, node: ast.AST) -> bool:
        """Whether a part of an f-string is where it says; before Python 3.12 it often is not."""
        if sys.version_info >= (3, 12):
            return True
        return isinstance(node, ast.expr) and _same_tree(self.segment(node), node)

    def is_repairable(self, node: ast.AST) -> bool:
        """False for annotations, decorators, docstrings, asserts of a self-test, f-string parts."""
        chain = [node, *self.above(node)]
        for place in chain:
            if self.field(place) in ("annotation", "returns", "decorator_list"):
                return False
            if isinstance(place, ast.JoinedStr) and place is not node:
                is_text = isinstance(node, ast.Constant) and place is self.parent(node)
                if is_text or self.field(place) == "format_spec" or not self._is_placed(node):
                    return False
            if isinstance(place, (ast.Import, ast.ImportFrom)) or _is_docstring(place):
                return False
            at_top = isinstance(self.parent(place), ast.Module)
            if at_top and (isinstance(place, ast.Assert) or _is_main_guard(place)):
                return False
        return True


def applied(text: str, changes: Changes) -> str:
    """``text`` after the changes."""
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _same_tree(text: str, node: ast.AST) -> bool:
    try:
        return ast.dump(ast.parse(text, mode="eval").body) == ast.dump(node)
    except (SyntaxError, ValueError):
        return False


def _with_plain_subscripts(tree: ast.Module) -> ast.Module:
    """Python 3.8 wraps what stands between brackets in nodes without a place: take them out."""
    for node in ast.walk(tree) if sys.version_info < (3, 9) else ():
        if isinstance(node, ast.Subscript):
            inner: ast.AST = node.slice
            if isinstance(inner, ast.Index):
                node.slice = inner.value  # type: ignore[attr-defined]
            elif not isinstance(inner, ast.Slice):  # several dimensions: nothing to repair there
                node.slice = ast.copy_location(ast.Constant(value=Ellipsis), node.value)
    return tree


def _margin_length(text: str, start: int) -> int:
    end = start
    while end < len(text) and text[end] in " \t":
        end += 1
    return end - start


def _is_docstring(node: ast.AST) -> bool:
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return False
    return isinstance(node.value.value, (str, bytes))


def _is_main_guard(node: ast.AST) -> bool:
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    left = node.test.left
    return isinstance(left, ast.Name) and left.id == "__name__"
