"""An early way out: ``if x is None: return ...`` before the harm is done."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bot.adapters.agents.mechanic.engine.edits.conditions import atoms
from bot.adapters.agents.mechanic.engine.edits.lines import put_before
from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site, spread
from bot.adapters.agents.mechanic.engine.precedence import COMPARE
from bot.adapters.agents.mechanic.engine.scope import CONTAINERS, NUMBERS
from bot.adapters.agents.mechanic.engine.source import FUNCTIONS

_EMPTY = (
    ("int", "0"), ("float", "0.0"), ("list", "[]"), ("str", "''"), ("dict", "{}"),
    ("bool", "False"),
    ("tuple", "()"), ("set", "set()"),
)  # fmt: skip


def guards(site: Site) -> Iterator[Edit]:
    """A guard before a statement: return, continue or break."""
    node = site.node
    if not isinstance(node, ast.stmt) or not site.scope.is_function or isinstance(node, FUNCTIONS):
        return
    if isinstance(node, (ast.ClassDef, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)):
        return
    position = site.source.siblings(node).index(node)
    in_function = site.source.parent(node) is site.scope.owner
    is_start = in_function and position <= _first(site)
    edits = []
    asked_for = _asked_for(site)
    for condition, prior in _conditions(site):
        for way, likely in _ways(site, node, condition):
            place = 1.0 if is_start or (position == 0 and way[0] in "cb") else 0.5
            change = put_before(site, node, [f"if {condition}:", f"{site.source.indent}{way}"])
            if change is not None:
                edit = site.edit((change,), "guard", prior * likely * place)
                if condition in asked_for and likely >= 0.5:
                    yield edit
                else:
                    edits.append(edit)
    yield from spread(sorted(edits, key=lambda edit: -edit.prior)[:60])


def _first(site: Site) -> int:
    body = getattr(site.scope.owner, "body", [])
    has_docstring = (
        bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    )
    return 1 if has_docstring else 0


def _asked_for(site: Site) -> set[str]:
    """Guards against the very error that the failing tests end with."""
    found = set()
    for node in ast.walk(site.node):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.value, ast.Name):
            name = node.value.id
            if site.errors & {"AttributeError", "TypeError"}:
                found.add(f"{name} is None")
            if site.errors & {"IndexError"}:
                found.add(f"not {name}")
        elif isinstance(node, ast.BinOp) and site.errors & {"ZeroDivisionError"}:
            for part in ast.walk(node.right):
                if isinstance(part, ast.Name):
                    found.update({f"{part.id} == 0", f"not {part.id}"})
        elif isinstance(node, ast.Call) and site.errors & {"ValueError", "IndexError"}:
            found.update(f"not {a.id}" for a in node.args if isinstance(a, ast.Name))
    return found


def _conditions(site: Site) -> list[tuple[str, float]]:
    """What can be wrong with what this statement uses."""
    used = {n.id for n in ast.walk(site.node) if isinstance(n, ast.Name)}
    found: dict[str, float] = {}
    for name in site.scope.visible(site.node):
        kinds = site.scope.kinds(name)
        weight = 1.0 if name in used else 0.5
        if name == "self" or kinds & {"function", "type"}:
            continue
        if "NoneType" in kinds:
            found[f"{name} is None"] = 1.0 * weight
        if not kinds or kinds & CONTAINERS or "NoneType" in kinds:
            found[f"not {name}"] = 0.8 * weight
        if kinds & NUMBERS:
            found[f"{name} == 0"] = 0.5 * weight
            found[f"{name} <= 0"] = 0.4 * weight
            found[f"{name} < 0"] = 0.3 * weight
    for text, tight, likely in atoms(site):
        if tight == COMPARE and " in " in text:
            found[text] = likely
    return list(found.items())


def _ways(site: Site, node: ast.stmt, condition: str) -> list[tuple[str, float]]:
    quote = site.source.quote
    ways: dict[str, float] = {}
    if site.in_loop(node):
        ways["continue"] = 0.6
        ways["break"] = 0.3
    returned = _returned(site)
    ways.update({f"return {text}": 0.4 for text in returned})
    kinds = site.scope.returned.get(getattr(site.scope.owner, "name", ""), set())
    for kind, text in _EMPTY:
        if kind in kinds:
            ways[f"return {text}".replace("''", quote * 2)] = 0.7
    if not returned:
        ways["return"] = 0.5
    else:
        for text in ("0", "None", "[]", "False", "True", quote * 2, "1"):
            ways.setdefault(f"return {text}", 0.2)
        for name in site.scope.params:
            if name != "self":
                ways.setdefault(f"return {name}", 0.15)
    return list(ways.items())


def _returned(site: Site) -> list[str]:
    """Simple values this function already returns."""
    found = []
    for node in site.source.walk(site.scope.owner):
        if isinstance(node, ast.Return) and node.value is not None:
            text = site.source.segment(node.value)
            simple = isinstance(node.value, (ast.Constant, ast.List, ast.Name, ast.Tuple, ast.Dict))
            if simple and len(text) <= 12 and text not in found:
                found.append(text)
            elif text not in found:
                found.append("None")
    return found
