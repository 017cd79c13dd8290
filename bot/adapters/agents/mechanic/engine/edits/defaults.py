"""Values to begin with: shared mutable defaults, and names that not every way sets."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.adapters.agents.mechanic.engine.edits.lines import put_before
from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site
from bot.adapters.agents.mechanic.engine.scope import literal_type
from bot.adapters.agents.mechanic.engine.source import FUNCTIONS

if TYPE_CHECKING:
    from bot.adapters.agents.mechanic.engine.edits.proposal import Change

_MUTABLE = {"list", "dict", "set"}
_EMPTY = {"list": "[]", "dict": "{}", "set": "set()", "str": '""', "int": "0", "bool": "False"}


def mutable(site: Site) -> Iterator[Edit]:
    """``def f(x=[])`` as ``def f(x=None)`` with ``if x is None: x = []`` in the body."""
    node = site.node
    if not isinstance(node, FUNCTIONS):
        return
    spec = node.args
    positional = [*getattr(spec, "posonlyargs", []), *spec.args]
    pairs = [
        (positional[len(positional) - len(spec.defaults) + index], default)
        for index, default in enumerate(spec.defaults)
    ]
    for index, keyword_default in enumerate(spec.kw_defaults):
        if keyword_default is not None:
            pairs.append((spec.kwonlyargs[index], keyword_default))
    for parameter, default in pairs:
        if literal_type(default) not in _MUTABLE:
            continue
        first = next((s for s in node.body if not _is_docstring(s)), None)
        made = site.source.segment(default)
        lines = [f"if {parameter.arg} is None:", f"{site.source.indent}{parameter.arg} = {made}"]
        change = put_before(site, first, lines) if first is not None else None
        if change is not None:
            start, end = site.source.span(default)
            changes = ((start, end, "None"), change, *_or_none(site, parameter))
            yield site.edit(changes, "mutable default", 0.9)


def _or_none(site: Site, parameter: ast.arg) -> list[Change]:
    """``| None`` for the annotation, where the file never evaluates its annotations."""
    annotation = parameter.annotation
    if annotation is None or not site.source.lazy or "None" in site.source.segment(annotation):
        return []
    end = site.source.span(annotation)[1]
    return [(end, end, " | None")]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def shared(site: Site) -> Iterator[Edit]:
    """A mutable value of the class that every instance shares; ``[[]] * n`` likewise."""
    node = site.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left = node.left
        if isinstance(left, ast.List) and len(left.elts) == 1:
            inner = left.elts[0]
            if literal_type(inner) in _MUTABLE:
                text = f"[{site.text(inner)} for _ in range({site.text(node.right)})]"
                yield site.replace(text, "shared element", 0.8)
    elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
        parent = site.source.parent(node)
        kinds = site.scope.kinds_of(node)
        if isinstance(parent, (ast.Assign, ast.Return)) and kinds & _MUTABLE:
            maker = sorted(kinds & _MUTABLE)[0]
            yield site.replace(f"{maker}({site.text(node)})", "copy", 0.35)


def unset(site: Site) -> Iterator[Edit]:
    """A name that not every way through a block sets and that is read below it: set above it."""
    node, source = site.node, site.source
    blocks = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try)
    if "UnboundLocalError" not in site.errors or not isinstance(node, blocks):
        return
    stored = {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    below = {
        n.id
        for n in source.walk(site.scope.owner)
        if isinstance(n, ast.Name)
        and isinstance(n.ctx, ast.Load)
        and n.lineno > (node.end_lineno or 0)
    }
    for name in sorted(stored & below):
        for kind in sorted(site.scope.kinds(name)) or ["None"]:
            change = put_before(site, node, [f"{name} = {_EMPTY.get(kind, 'None')}"])
            if change is not None:
                yield site.edit((change,), "initial value", 0.8)
