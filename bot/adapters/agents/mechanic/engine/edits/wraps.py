"""A call that was forgotten around a value, and arithmetic that was forgotten on it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site, spread
from bot.adapters.agents.mechanic.engine.precedence import ADD, LOOSEST, MULTIPLY, OR, tightness
from bot.adapters.agents.mechanic.engine.scope import CONTAINERS, NUMBERS, SEQUENCES

_PLACES = (
    *("args", "value", "left", "right", "comparators", "slice", "iter"),
    *("values", "elts", "elt", "key"),
)
_TEXT = frozenset({"str"})
_COLLECTION = CONTAINERS - _TEXT


def wrapped(site: Site) -> Iterator[Edit]:
    """``strip``, ``lower``, ``sorted``, ``list``, ``abs``, ``max(0, ...)`` and their like."""
    node = site.node
    if not _is_value(site):
        return
    kinds = site.scope.kinds_of(node)
    text, known = site.text(node, 0), bool(kinds)
    atom = f"({text})" if tightness(node) < 15 else text
    edits: list[Edit] = []

    def add(new: str, prior: float) -> None:
        by = new.replace(text, "").strip(".(), ") or "wrap"
        edits.append(site.replace(new, f"wrap:{by}", prior))

    wrapped_in = site.source.parent(node)
    if not known or kinds & _TEXT:
        scale = 1.0 if known else 0.5
        for method, prior in (("strip", 0.5), ("lower", 0.5), ("upper", 0.1), ("split", 0.08)):
            add(f"{atom}.{method}()", prior * scale)
        add(f"int({text})", 0.2 * scale)
        add(f"float({text})", 0.1 * scale)
    if not known or kinds & NUMBERS:
        scale = 1.0 if known else 0.4
        for function, prior in (
            ("abs", 0.3),
            ("int", 0.25),
            ("str", 0.25),
            ("round", 0.1),
            ("float", 0.1),
        ):
            add(f"{function}({text})", prior * scale)
        add(f"round({text}, 2)", 0.15 * scale)
        add(f"max({text}, 0)", 0.4 * scale)
        add(f"max({text}, 1)", 0.12 * scale)
    if not known or kinds & _COLLECTION:
        scale = 1.0 if known else 0.4
        for function, prior in (
            ("len", 0.2), ("sorted", 0.35), ("list", 0.3), ("set", 0.2), ("tuple", 0.15),
            ("reversed", 0.1), ("sum", 0.06), ("dict", 0.05),
        ):  # fmt: skip
            add(f"{function}({text})", prior * scale)
        add(f"{atom}.copy()", 0.2 * scale)
        if isinstance(wrapped_in, (ast.For, ast.comprehension)) and (not known or "dict" in kinds):
            add(f"{atom}.items()", 0.4 * scale)
            add(f"{atom}.values()", 0.15 * scale)
        if isinstance(wrapped_in, ast.For):
            add(f"enumerate({text})", 0.1 * scale)
    for kind, method in (("bytes", "decode"), ("str", "encode")):
        if kind in kinds and "TypeError" in site.errors:
            new = f"{atom}.{method}() if isinstance({text}, {kind}) else {text}"
            yield site.replace(new, f"wrap:{method}", 0.6, tight=LOOSEST)
    if kinds & SEQUENCES and isinstance(wrapped_in, ast.Compare):
        add(f"len({text})", 0.2)
    yield from spread(edits)


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


def arithmetic(site: Site) -> Iterator[Edit]:
    """A value of the scope added, subtracted or multiplied: ``k`` as ``k - skipped``."""
    node = site.node
    if not _is_value(site) or isinstance(node, (ast.Constant, ast.Tuple, ast.Starred)):
        return
    kinds, scope = site.scope.kinds_of(node), site.scope
    simple = isinstance(node, (ast.Name, ast.Attribute, ast.Subscript))
    edits = []
    own = site.source.segment(node)
    for name in _operands(site):
        if name == own:
            continue
        other = scope.kinds(name)
        number = (kinds & NUMBERS or not kinds) and (other & NUMBERS or (not other and not kinds))
        sequence = bool(kinds & SEQUENCES & other)
        scale = 1.0 if kinds and other else 0.3
        if number:
            yes = 1.0 if simple else 0.5
            for sign, prior, tight in (
                ("-", 0.5, ADD), ("+", 0.5, ADD), ("*", 0.25, MULTIPLY), ("//", 0.06, MULTIPLY),
                ("/", 0.08, MULTIPLY), ("%", 0.08, MULTIPLY),
            ):  # fmt: skip
                text = f"{site.text(node, tight)} {sign} {name}"
                edits.append(site.replace(text, "arithmetic", prior * scale * yes, tight=tight))
        elif sequence or (isinstance(node, (ast.ListComp, ast.List)) and "list" in other):
            edits.append(
                site.replace(f"{name} + {site.text(node, ADD)}", "concatenate", 0.4, tight=ADD)
            )
            edits.append(
                site.replace(f"{site.text(node, ADD)} + {name}", "concatenate", 0.4, tight=ADD)
            )
    yield from spread(edits)


def _operands(site: Site) -> list[str]:
    """Names and attributes that could be the other operand."""
    found = [name for name in site.scope.visible(site.node) if name != "self"]
    for owner in [*found, "self"]:
        for attribute in site.scope.attributes.get(owner, ()):
            if site.scope.kinds(f"{owner}.{attribute}") & NUMBERS:
                found.append(f"{owner}.{attribute}")
    return found[:16]


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
