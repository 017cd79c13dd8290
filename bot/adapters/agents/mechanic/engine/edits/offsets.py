"""Off by one: indexes, slices, ranges, arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site, spread
from bot.adapters.agents.mechanic.engine.precedence import ADD, tightness
from bot.adapters.agents.mechanic.engine.scope import NUMBERS, SEQUENCES


def by_one(site: Site) -> Iterator[Edit]:
    """``e + 1`` and ``e - 1`` where a number stands as index, bound or argument."""
    node = site.node
    if not isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.BinOp)):
        return
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    prior = _weight(site, node)
    if prior and site.scope.may_be(node, NUMBERS) and not _has_unit(node):
        for sign in ("-", "+"):
            text = f"{site.text(node, ADD)} {sign} 1"
            yield site.replace(text, "off by one", prior, tight=ADD)


def _weight(site: Site, node: ast.AST) -> float:
    parent, field = site.source.parent(node), site.source.field(node)
    holder = next(site.source.above(parent), None) if isinstance(parent, ast.Tuple) else parent
    if isinstance(holder, ast.Subscript) and isinstance(holder.ctx, ast.Store):
        return 0.1
    known = 1.0 if site.scope.kinds_of(node) & NUMBERS or _is_len(node) else 0.5
    if isinstance(parent, ast.Slice) or (isinstance(parent, ast.Subscript) and field == "slice"):
        return 0.5 * known
    if isinstance(parent, ast.Index):
        return 0.5 * known
    if isinstance(parent, ast.Tuple) and isinstance(
        site.source.parent(parent), (ast.Subscript, ast.Index)
    ):
        return 0.4 * known
    if isinstance(parent, ast.Call) and field == "args":
        is_range = isinstance(parent.func, ast.Name) and parent.func.id == "range"
        return 0.6 if is_range else 0.2 * known
    if isinstance(parent, ast.Compare):
        return (0.25 if _is_len(node) else 0.1) * known
    if isinstance(parent, (ast.Return, ast.Assign, ast.AugAssign, ast.keyword)):
        return 0.22 * known
    if isinstance(parent, ast.BinOp):
        return (0.1 if isinstance(parent.op, (ast.Add, ast.Sub)) else 0.25) * known
    return 0.0


def _is_len(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"


def _has_unit(node: ast.AST) -> bool:
    """``e + 1`` is covered by its constant and its operator."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Add, ast.Sub)):
        return False
    return any(isinstance(s, ast.Constant) and s.value == 1 for s in (node.left, node.right))


def slices(site: Site) -> Iterator[Edit]:
    """A bound more or less; a whole sequence where a part was meant."""
    node = site.node
    if isinstance(node, ast.Slice):
        lower, upper = node.lower, node.upper
        text = site.source.text
        if lower is not None:
            yield site.edit(((*site.source.span(lower), ""),), "slice", 0.25, lower)
        if upper is not None:
            yield site.edit(((*site.source.span(upper), ""),), "slice", 0.25, upper)
            if lower is not None:
                start, end = site.source.span(lower), site.source.span(upper)
                both = f"{site.text(lower)} + {site.text(upper)}"
                yield site.edit(((*end, both),), "slice", 0.2, upper)
                swapped = ((*start, text[slice(*end)]), (*end, text[slice(*start)]))
                yield site.edit(swapped, "slice", 0.1, upper)
    elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
        parent, field = site.source.parent(node), site.source.field(node)
        is_value = field in ("args", "iter", "value", "left", "right", "values")
        whole = not isinstance(parent, (ast.Attribute, ast.Subscript, ast.BoolOp))
        if is_value and whole and site.scope.kinds_of(node) & SEQUENCES:
            for part in ("[1:]", "[:-1]", "[0]", "[-1]", "[::-1]"):
                yield site.replace(site.text(node) + part, "part of a sequence", 0.12)
            counts = [n for n in site.scope.visible(node) if "int" in site.scope.kinds(n)]
            cuts = [f"[{part}]" for n in counts[:8] for part in (f"{n}:", f":{n}")]
            yield from spread(
                [site.replace(site.text(node) + cut, "part of a sequence", 0.25) for cut in cuts]
            )
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, (ast.Slice, ast.Tuple)):
        text, place = site.text(node.value), tightness(node.value)
        edit = site.replace(text, "drop subscript", 0.2, tight=place)
        yield from [edit] if isinstance(node.ctx, ast.Load) else []


def ranges(site: Site) -> Iterator[Edit]:
    """Where ``range`` and ``enumerate`` start and end."""
    node = site.node
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
        return
    start = site.source.span(node.args[0])[0]
    end = site.source.span(node.args[-1])[1]
    if node.func.id == "range" and len(node.args) == 1:
        yield site.edit(((start, start, "1, "),), "range", 0.35)
        yield site.edit(((start, end, f"1, {site.text(node.args[0], ADD)} + 1"),), "range", 0.25)
    elif node.func.id == "range" and len(node.args) == 2:
        yield site.edit(((start, site.source.span(node.args[1])[0], ""),), "range", 0.3)
        yield site.edit(((end, end, ", -1"),), "range", 0.08)
    elif node.func.id == "enumerate" and len(node.args) == 1 and not node.keywords:
        yield site.edit(((end, end, ", 1"),), "range", 0.3)
    elif node.func.id == "enumerate" and len(node.args) == 2:
        yield site.edit(((site.source.span(node.args[0])[1], end, ""),), "range", 0.3)
