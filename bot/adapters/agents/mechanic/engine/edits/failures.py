"""Exceptions: a key that may be missing, a divisor that may be zero, the wrong ``except``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site, spread
from bot.adapters.agents.mechanic.engine.precedence import LOOSEST
from bot.adapters.agents.mechanic.engine.scope import CONTAINERS, NUMBERS

_ERRORS = (
    "KeyError", "ValueError", "IndexError", "TypeError", "AttributeError", "ZeroDivisionError",
    "OSError", "StopIteration",
)  # fmt: skip


def lookups(site: Site) -> Iterator[Edit]:
    """``d[k]`` as ``d.get(k)`` or with a default."""
    node = site.node
    if not isinstance(node, ast.Subscript) or isinstance(node.slice, ast.Slice):
        return
    text = site.source.text
    owner_end, end = site.source.span(node.value)[1], site.source.span(node)[1]
    opening = text.index("[", owner_end)
    if not site.scope.may_be(
        node.value, frozenset({"dict", "defaultdict", "Counter", "OrderedDict"})
    ):
        return
    scale = 1.0 if site.scope.kinds_of(node.value) else 0.5
    if isinstance(node.ctx, ast.Load):
        quote = site.source.quote
        edits = []
        for default, prior in (
            ("", 0.4),
            (", 0", 0.4),
            (f", {quote}{quote}", 0.25),
            (", []", 0.25),
            (", {}", 0.15),
        ):
            changes = ((owner_end, opening + 1, ".get("), (end - 1, end, f"{default})"))
            edits.append(site.edit(changes, "get", prior * scale))
        yield from spread(edits)
    elif isinstance(site.source.parent(node), ast.AugAssign):
        statement = site.source.parent(node)
        assert isinstance(statement, ast.AugAssign)  # noqa: S101
        if isinstance(statement.op, ast.Add):
            owner, key = site.text(node.value), site.text(node.slice)
            new = f"{owner}[{key}] = {owner}.get({key}, 0) + {site.text(statement.value)}"
            yield site.replace(new, "get", 0.4 * scale, node=statement)


def zero_division(site: Site) -> Iterator[Edit]:
    """``a / b`` as ``a / b if b else 0``."""
    node = site.node
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Div, ast.FloorDiv, ast.Mod)):
        return
    right, own = site.text(node.right), site.text(node)
    if isinstance(node.right, ast.Constant) or "\n" in own:
        return
    for value in ("0", "0.0"):
        yield site.replace(f"{own} if {right} else {value}", "zero guard", 0.2, tight=LOOSEST)


def none_value(site: Site) -> Iterator[Edit]:
    """``x.m()`` as ``x.m() if x else ...`` where x may be None or empty."""
    node = site.node
    if not isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        return
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    parent, field = site.source.parent(node), site.source.field(node)
    if field not in ("value", "args", "elt", "elts", "values") or isinstance(
        parent, (ast.Attribute, ast.Expr, ast.Subscript)
    ):
        return
    owner: ast.AST = node
    while isinstance(owner, (ast.Call, ast.Attribute, ast.Subscript)):
        owner = owner.func if isinstance(owner, ast.Call) else owner.value
        kinds = (
            site.scope.kinds_of(owner) if isinstance(owner, (ast.Name, ast.Attribute)) else set()
        )
        if "NoneType" in kinds or kinds & CONTAINERS or (kinds and not kinds & NUMBERS):
            break
    text = site.source.segment(owner)
    if (
        not isinstance(owner, (ast.Name, ast.Attribute))
        or text == "self"
        or "\n" in site.text(node)
    ):
        return
    maybe_none = "NoneType" in site.scope.kinds_of(owner)
    if not maybe_none and not site.scope.kinds_of(owner) & CONTAINERS:
        return
    scale = 0.5 if maybe_none else 0.12
    edits = [
        site.replace(
            f"{site.text(node)} if {text} else {value}", "none guard", scale, tight=LOOSEST
        )
        for value in ("None", site.source.quote * 2, "0", "[]")
    ]
    yield from spread(edits)


def handlers(site: Site) -> Iterator[Edit]:
    """Another exception caught or raised, or one more."""
    node = site.node
    if isinstance(node, ast.ExceptHandler) and node.type is not None:
        own = site.source.segment(node.type)
        edits = []
        for name in [*_ERRORS, *sorted(site.errors - set(_ERRORS) - {"AssertionError"})]:
            likely = 1.0 if name in site.errors else 0.15
            if name not in own and name.isidentifier():
                edits.append(site.replace(name, "except", 0.3 * likely, node=node.type))
                if isinstance(node.type, ast.Tuple):
                    end = site.source.span(node.type)[1] - 1
                    edits.append(site.edit(((end, end, f", {name}"),), "except", 0.8 * likely))
                else:
                    both = f"({own}, {name})"
                    edits.append(site.replace(both, "except", 0.8 * likely, node=node.type))
        yield from (edit for edit in edits if edit.prior > 0.2)  # the error that was seen
        yield from spread([edit for edit in edits if edit.prior <= 0.2])
    elif isinstance(node, ast.Raise) and node.exc is not None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        own = site.source.segment(raised)
        if own == "StopIteration":  # in a generator that is a RuntimeError (PEP 479)
            yield site.replace("return", "raise", 0.8)
        there = site.scope.module_names.items()
        known = [n for n, kind in there if kind == "class" and n.endswith("Error")]
        names = (name for name in [*known, *_ERRORS] if name != own)
        yield from spread([site.replace(name, "raise", 0.4, node=raised) for name in names])
