"""A Python file flattened: every statement under the headers of all that encloses it."""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPE = (*FUNCTION, ast.ClassDef)
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(slots=True)
class Facts:
    """``statements`` and ``headers`` by scope: names of functions and classes, and of blocks."""

    statements: dict[tuple[str, ...], list[ast.stmt]] = field(default_factory=dict)
    scopes: Counter[tuple[str, ...]] = field(default_factory=Counter)
    headers: dict[tuple[str, ...], Scope] = field(default_factory=dict)


def facts_of(tree: ast.Module) -> Facts:
    """The facts of a module."""
    facts = Facts()

    def visit(body: list[ast.stmt], within: tuple[str, ...]) -> None:
        for node in body:
            if isinstance(node, SCOPE):
                inner = (*within, node.name)
                facts.scopes[inner] += 1
                facts.headers[inner] = node
                visit(node.body, inner)
            else:
                facts.statements.setdefault(within, []).append(node)
                for name, block in _blocks(node):
                    visit(block, (*within, f"{name} of {header(node)}"))

    visit(tree.body, ())
    return facts


def _blocks(node: ast.stmt) -> Iterator[tuple[str, list[ast.stmt]]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block:
            yield name, block
    for index, handler in enumerate(getattr(node, "handlers", [])):
        yield f"handler {index}", handler.body
    for index, case in enumerate(getattr(node, "cases", [])):
        yield f"case {index}", case.body


def header(node: ast.stmt) -> str:
    """A compound statement without its blocks; a simple statement whole."""
    parts = []
    for name, value in ast.iter_fields(node):
        if name in ("body", "orelse", "finalbody", "type_comment"):
            continue
        values = value if isinstance(value, list) else [value]
        shown = [
            ast.dump(part.type)
            if isinstance(part, ast.ExceptHandler) and part.type
            else ast.dump(part)
            if isinstance(part, ast.AST)
            else repr(part)
            for part in values
        ]
        parts.append(f"{name}={','.join(shown)}")
    return f"{type(node).__name__}({';'.join(parts)})"


def where(scope: tuple[str, ...]) -> str:
    """A scope as a person names it."""
    names = [part for part in scope if " of " not in part]
    return ".".join(names) or "the module"


def function_of(scope: tuple[str, ...]) -> tuple[str, ...]:
    """The innermost function or class of a scope."""
    return scope[: max((i + 1 for i, part in enumerate(scope) if " of " not in part), default=0)]


def shown(node: ast.AST) -> str:
    """The first line of a node, short."""
    line = ast.unparse(node).splitlines()[0]
    return line if len(line) <= 60 else f"{line[:59]}…"
