"""A call that was forgotten around a value."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site, spread
from bot.adapters.agents.mechanic.engine.precedence import LOOSEST, OR, tightness
from bot.adapters.agents.mechanic.engine.scope import CONTAINERS, NUMBERS, SEQUENCES

_PLACES = (
    *("args", "value", "left", "right", "comparators", "slice", "iter"),
    *("values", "elts", "elt", "key"),
)
_TEXT = frozenset({"str"})
_COLLECTION = CONTAINERS - _TEXT


# Of a text, a number or a collection: what it is wrapped in, and how likely. Where the type is not
# known each is less likely, by the factor before.
_WRAPS: tuple[tuple[frozenset[str], float, dict[str, float]], ...] = (
    (_TEXT, 0.5, {
        "{0}.strip()": 0.5, "{0}.lower()": 0.5, "{0}.upper()": 0.1, "{0}.split()": 0.08,
        "int({1})": 0.2, "float({1})": 0.1,
    }),
    (NUMBERS, 0.4, {
        "abs({1})": 0.3, "int({1})": 0.25, "str({1})": 0.25, "round({1})": 0.1, "float({1})": 0.1,
        "round({1}, 2)": 0.15, "max({1}, 0)": 0.4, "max({1}, 1)": 0.12,
    }),
    (_COLLECTION, 0.4, {
        "len({1})": 0.2, "sorted({1})": 0.35, "list({1})": 0.3, "set({1})": 0.2,
        "tuple({1})": 0.15, "reversed({1})": 0.1, "sum({1})": 0.06, "dict({1})": 0.05,
        "{0}.copy()": 0.2,
    }),
)  # fmt: skip


def wrapped(site: Site) -> Iterator[Edit]:
    """``strip``, ``lower``, ``sorted``, ``list``, ``abs``, ``max(0, ...)`` and their like."""
    node = site.node
    if not _is_value(site):
        return
    kinds, holder = site.scope.kinds_of(node), site.source.parent(node)
    text = site.text(node, 0)
    atom = f"({text})" if tightness(node) < 15 else text
    found: list[tuple[str, float]] = []
    for of, unknown, ways in _WRAPS:
        if not kinds or kinds & of:
            scale = 1.0 if kinds else unknown
            found += [(way.format(atom, text), prior * scale) for way, prior in ways.items()]
    if isinstance(holder, (ast.For, ast.comprehension)) and (not kinds or "dict" in kinds):
        found += [(f"{atom}.items()", 0.4 if kinds else 0.16), (f"{atom}.values()", 0.1)]
    if kinds & SEQUENCES and isinstance(holder, ast.Compare):
        found.append((f"len({text})", 0.2))
    for kind, method in (("bytes", "decode"), ("str", "encode")):
        if kind in kinds and "TypeError" in site.errors:
            new = f"{atom}.{method}() if isinstance({text}, {kind}) else {text}"
            yield site.replace(new, f"wrap:{method}", 0.6, tight=LOOSEST)
    if isinstance(node, ast.GeneratorExp):  # all of it, though the first may decide
        yield site.replace(f"([{text[1:-1]}])", "wrap:list", 0.3)
    yield from spread(
        [site.replace(new, f"wrap:{new.replace(text, '').strip('.(), ')}", p) for new, p in found]
    )


def fallback(site: Site) -> Iterator[Edit]:
    """``e or default`` where ``e`` may be None."""
    node = site.node
    if not _is_value(site) or not isinstance(
        node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
    ):
        return
    kinds = site.scope.kinds_of(node)
    if kinds and "NoneType" not in kinds and not isinstance(node, ast.Call):
        return
    scale = 1.0 if "NoneType" in kinds else 0.3
    text = site.text(node)
    edits = [
        site.replace(
            f"{text} or {value}".replace('"', site.source.quote), "fallback", 0.3 * scale, tight=OR
        )
        for value in ('""', "[]", "0", "{}")
    ]
    yield from spread(edits)


def _is_value(site: Site) -> bool:
    node, field, parent = site.node, site.source.field(site.node), site.source.parent(site.node)
    if not isinstance(node, ast.expr) or isinstance(
        node, (ast.Constant, ast.Starred, ast.Lambda, ast.Slice)
    ):
        return False
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or field not in _PLACES:
        return False
    if isinstance(parent, (ast.Attribute, ast.Expr, ast.Starred, ast.Slice, ast.BoolOp, ast.Await)):
        return False
    if isinstance(parent, ast.Subscript) and field == "value":
        return False
    return not (isinstance(node, (ast.Compare, ast.BoolOp)) or "\n" in site.source.segment(node))
