"""Arithmetic, boolean and bitwise operators; assignment operators; precedence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site
from bot.adapters.agents.mechanic.engine.precedence import ADD, UNARY, tightness
from bot.adapters.agents.mechanic.engine.scope import NUMBERS

_SIGNS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<",
    ast.RShift: ">>", ast.MatMult: "@",
}  # fmt: skip
_SWAPS: dict[str, tuple[tuple[str, float], ...]] = {
    "+": (("-", 0.6), ("*", 0.25), ("/", 0.05)),
    "-": (("+", 0.6), ("*", 0.1), ("%", 0.1), ("/", 0.05)),
    "*": (("+", 0.25), ("/", 0.3), ("**", 0.25), ("//", 0.15)),
    "/": (("//", 0.8), ("*", 0.3), ("%", 0.15)),
    "//": (("/", 0.8), ("%", 0.35), ("*", 0.15)),
    "%": (("//", 0.4), ("/", 0.15), ("*", 0.05)),
    "**": (("*", 0.4),),
    "&": (("|", 0.5), ("^", 0.4)),
    "|": (("&", 0.5), ("^", 0.3)),
    "^": (("&", 0.5), ("|", 0.4)),
    "<<": ((">>", 0.5),),
    ">>": (("<<", 0.5),),
    "@": (),
}


def binary(site: Site) -> Iterator[Edit]:
    """Another operator, one operand alone, or the operands the other way round."""
    node = site.node
    if not isinstance(node, ast.BinOp):
        return
    left, right = site.source.span(node.left), site.source.span(node.right)
    sign = _SIGNS[type(node.op)]
    gap = site.source.text[left[1] : right[0]]
    found = re.search(re.escape(sign), gap)
    if found is None:
        return
    is_text = isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
    for new, prior in () if is_text else _SWAPS[sign]:
        if new in ("*", "/", "//", "**") and _is_one(node.left, node.right, new):
            continue  # the same as leaving the one out, only less clear
        if tightness(ast.BinOp(node.left, _operator(new), node.right)) < tightness(node):
            text = f"{site.text(node.left)} {new} {site.text(node.right)}"
            yield site.replace(text, f"operator:{sign}->{new}", prior, tight=ADD)
        else:
            place = (left[1] + found.start(), left[1] + found.end())
            yield site.edit(((*place, new),), f"operator:{sign}->{new}", prior)
    yield site.replace(site.text(node.left), "drop operand", 0.35, tight=tightness(node.left))
    yield site.replace(site.text(node.right), "drop operand", 0.35, tight=tightness(node.right))
    swapped_prior = 0.35 if sign in ("-", "/", "//", "%", "**", "<<", ">>") else 0.0
    if sign == "+" and not (
        site.scope.kinds_of(node.left) & NUMBERS or site.scope.kinds_of(node.right) & NUMBERS
    ):
        swapped_prior = 0.25
    if swapped_prior:
        own = tightness(node)
        text = f"{site.text(node.right, own)}{gap}{site.text(node.left, own + 1)}"
        if gap.strip() == sign:
            yield site.replace(text, "swap operands", swapped_prior, tight=own)


def _is_one(left: ast.expr, right: ast.expr, sign: str) -> bool:
    return any(
        isinstance(side, ast.Constant) and side.value == 1
        for side in ((left, right) if sign == "*" else (right,))
    )


def _operator(sign: str) -> ast.operator:
    return next(kind() for kind, known in _SIGNS.items() if known == sign)


def boolean(site: Site) -> Iterator[Edit]:
    """``and`` against ``or``, and one value less."""
    node = site.node
    if not isinstance(node, ast.BoolOp):
        return
    old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    for index, value in enumerate(node.values):
        if index:
            before = site.source.span(node.values[index - 1])[1]
            found = re.search(rf"\b{old}\b", site.source.text[before : site.source.span(value)[0]])
            if found and len(node.values) == 2:
                place = (before + found.start(), before + found.end())
                yield site.edit(((*place, new),), f"boolean:{old}->{new}", 0.7)
        rest = [v for v in node.values if v is not value]
        if len(rest) == 1:
            yield site.replace(site.text(rest[0]), "drop condition", 0.35, tight=tightness(rest[0]))
        elif index:
            start = site.source.span(node.values[index - 1])[1]
            yield site.edit(((start, site.source.span(value)[1], ""),), "drop condition", 0.3)


def unary(site: Site) -> Iterator[Edit]:
    """A sign more or less."""
    node = site.node
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Invert)):
        yield site.replace(site.text(node.operand), "drop sign", 0.4, tight=tightness(node.operand))
    elif isinstance(
        node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp)
    ) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        parent = site.source.parent(node)
        is_value = isinstance(parent, (ast.Return, ast.Assign, ast.Tuple, ast.keyword, ast.Lambda))
        if is_value and site.scope.may_be(node, NUMBERS):
            yield site.replace(f"-{site.text(node, UNARY)}", "negate", 0.1, tight=UNARY)


def assignment(site: Site) -> Iterator[Edit]:
    """``=``, ``+=``, ``-=`` and the others against one another."""
    node = site.node
    if isinstance(node, ast.AugAssign):
        old = _SIGNS[type(node.op)]
        start = site.source.span(node.target)[1]
        end = site.source.span(node.value)[0]
        found = re.search(re.escape(old) + "=", site.source.text[start:end])
        if found:
            place = (start + found.start(), start + found.end())
            for new, prior in _SWAPS[old]:
                yield site.edit(((*place, new + "="),), f"operator:{old}=->{new}=", prior)
            yield site.edit(((*place, "="),), "plain assignment", 0.3)
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        if isinstance(target, (ast.Name, ast.Attribute, ast.Subscript)):
            start, end = site.source.span(target)[1], site.source.span(node.value)[0]
            gap = site.source.text[start:end]
            if gap.count("=") == 1 and _was_assigned(site, target):
                sign = start + gap.index("=")
                for new, prior in (("+=", 0.35), ("-=", 0.15), ("|=", 0.03)):
                    yield site.edit(((sign, sign + 1, new),), "augmented assignment", prior)


def _was_assigned(site: Site, target: ast.expr) -> bool:
    """Whether adding can make sense: something is assigned elsewhere, too."""
    if not isinstance(target, ast.Name):
        return True
    stores = [
        node
        for node in site.source.walk(site.scope.owner)
        if isinstance(node, ast.Name) and node.id == target.id and isinstance(node.ctx, ast.Store)
    ]
    return len(stores) > 1
