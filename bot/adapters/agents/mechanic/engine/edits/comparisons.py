"""Comparisons: boundaries, direction, identity, membership."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site
from bot.adapters.agents.mechanic.engine.precedence import COMPARE, NOT
from bot.adapters.agents.mechanic.engine.scope import NUMBERS

_NAMED = (ast.Name, ast.Attribute, ast.Call)
_FLAGS = ("isinstance(", "issubclass(", "callable(", "hasattr(", "any(", "all(")  # never None
_SIGNS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_SWAPS: dict[str, tuple[tuple[str, float], ...]] = {
    "<": (("<=", 1.0), (">", 0.45), (">=", 0.3), ("!=", 0.2), ("==", 0.1)),
    "<=": (("<", 1.0), (">=", 0.45), (">", 0.3), ("==", 0.15)),
    ">": ((">=", 1.0), ("<", 0.45), ("<=", 0.3), ("!=", 0.2), ("==", 0.1)),
    ">=": ((">", 1.0), ("<=", 0.45), ("<", 0.3), ("==", 0.15)),
    "==": (("!=", 0.5), ("<=", 0.35), (">=", 0.35), ("in", 0.2), ("<", 0.15), (">", 0.15)),
    "!=": (("==", 0.5), (">", 0.2), ("<", 0.2), ("not in", 0.15)),
    "is": (("==", 0.5), ("is not", 0.5)),
    "is not": (("!=", 0.5), ("is", 0.5)),
    "in": (("not in", 0.5), ("==", 0.2)),
    "not in": (("in", 0.5), ("!=", 0.15)),
}


def operators(site: Site) -> Iterator[Edit]:
    """Another comparison operator at its exact place."""
    node = site.node
    if not isinstance(node, ast.Compare):
        return
    left: ast.expr = node.left
    for index, operator in enumerate(node.ops):
        right = node.comparators[index]
        sign = _SIGNS[type(operator)]
        place = _find(site, left, right, sign)
        if place is not None:
            for new, prior in _SWAPS[sign]:
                if new in ("is", "is not") and not isinstance(right, ast.Constant):
                    continue
                yield site.edit(((*place, new),), f"comparison:{sign}->{new}", prior)
        left = right


def truth(site: Site) -> Iterator[Edit]:
    """Truth against None or a bound: ``x`` as ``x is not None`` or ``x >= 0``, and back."""
    node = site.node
    if not _is_condition(site):
        return
    inner = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) else node
    text, named = site.text(inner, COMPARE + 1), isinstance(inner, _NAMED)
    if named and not text.startswith(_FLAGS):
        none = "is not None" if inner is node else "is None"
        yield site.replace(f"{text} {none}", "truth", 0.45, tight=COMPARE)
        if inner is node and site.scope.kinds_of(inner) & NUMBERS:
            yield site.replace(f"{text} >= 0", "truth", 0.45, tight=COMPARE)
    if inner is not node:
        yield site.replace(site.text(inner), "negation", 0.5, tight=COMPARE)
    elif named:
        yield site.replace(f"not {text}", "negation", 0.35, tight=NOT)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = site.text(node.left), node.comparators[0]
        if isinstance(right, ast.Constant) and right.value is None:
            negative = isinstance(node.ops[0], ast.Is)
            text = f"not {left}" if negative else left
            yield site.replace(text, "truth", 0.3, tight=NOT if negative else 15)
    elif isinstance(node, ast.BoolOp):
        yield site.replace(f"not ({site.text(node)})", "negation", 0.15, tight=NOT)


def _is_condition(site: Site) -> bool:
    parent, field = site.source.parent(site.node), site.source.field(site.node)
    if isinstance(parent, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        return field == "test"
    return isinstance(parent, ast.BoolOp) or (
        isinstance(parent, ast.comprehension) and field == "ifs"
    )


def _find(site: Site, left: ast.expr, right: ast.expr, sign: str) -> tuple[int, int] | None:
    start, end = site.source.span(left)[1], site.source.span(right)[0]
    pattern = r"\b" + sign.replace(" ", r"\s+") + r"\b" if sign[0].isalpha() else re.escape(sign)
    found = re.search(pattern, site.source.text[start:end])
    return (start + found.start(), start + found.end()) if found else None
