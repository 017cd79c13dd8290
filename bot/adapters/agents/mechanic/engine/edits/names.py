"""The wrong name: variables, attributes, a forgotten ``self.``"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from bot.adapters.agents.mechanic.engine.edits.calls import parameters
from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site, spread
from bot.adapters.agents.mechanic.engine.scope import fit


def variables(site: Site) -> Iterator[Edit]:
    """Another variable of the same scope."""
    node = site.node
    if not isinstance(node, ast.Name):
        return
    scope = site.scope
    is_callee = site.source.field(node) == "func"
    edits = []
    if isinstance(node.ctx, ast.Load):
        for name in scope.visible(node):
            if name == node.id or name == "self" or node.id == "self":
                continue
            if is_callee and "function" not in scope.kinds(name):
                continue
            weight = scope.fits(node.id, name) * _by_use(site, node, name)
            near = difflib.SequenceMatcher(None, node.id, name).ratio()
            edits.append(site.replace(name, "variable", 0.9 * weight * (0.6 + 0.4 * near)))
        if node.id.isupper() or node.id not in scope.names:
            edits += _globals(site, node)
        yield from spread(edits)
        if node.id in scope.class_members and scope.self_name:
            known = node.id in scope.names or node.id in scope.module_names
            yield site.replace(f"self.{node.id}", "self", 0.25 if known else 0.8)
    elif isinstance(node.ctx, ast.Store):
        parent = site.source.parent(node)
        if isinstance(parent, (ast.Assign, ast.AugAssign)):
            for name in scope.names:
                if name not in (node.id, "self"):
                    weight = scope.fits(node.id, name)
                    edits.append(site.replace(name, "assigned variable", 0.4 * weight))
            yield from spread(edits)
            if node.id in scope.class_members and scope.self_name:
                yield site.replace(f"self.{node.id}", "self", 0.4)


def _by_use(site: Site, node: ast.Name, name: str) -> float:
    """Names tell: a parameter passed on under its own name is right, a value that nothing reads
    is missing somewhere, and a repair seldom leaves one unread."""
    reads = site.scope.reads
    weight = 0.4 if reads.get(node.id, 0) == 1 else 1.0
    if reads.get(name, 0) == 0:
        weight *= 2.0
    call = site.source.parent(node)
    if isinstance(call, ast.Call) and node in call.args:
        params = parameters(site, call)
        place = call.args.index(node)
        if place < len(params):
            weight *= 0.3 if params[place] == node.id else 2.0 if params[place] == name else 1.0
    return weight


def _globals(site: Site, node: ast.Name) -> list[Edit]:
    """Other values or functions of the module, and of the builtins where one misspells them."""
    mine = site.scope.module_names.get(node.id)
    edits = []
    for name, kind in site.scope.module_names.items():
        if name == node.id or (mine and kind != mine):
            continue
        near = difflib.SequenceMatcher(None, node.id, name).ratio()
        edits.append(site.replace(name, "module name", 0.15 + 0.5 * near * (mine is None or near)))
    return edits


def attributes(site: Site) -> Iterator[Edit]:
    """Another attribute of the same object; the object itself."""
    node = site.node
    if not isinstance(node, ast.Attribute):
        return
    scope, is_callee = site.scope, site.source.field(node) == "func"
    owner = site.source.segment(node.value)
    own = scope.kinds(f"{owner}.{node.attr}")
    edits = []
    for name in _known_attributes(site, node, owner, is_callee):
        if name == node.attr:
            continue
        weight = fit(own, scope.kinds(f"{owner}.{name}"))
        near = difflib.SequenceMatcher(None, node.attr, name).ratio()
        start = site.source.span(node)[1] - len(node.attr)
        change = (start, start + len(node.attr), name)
        edits.append(site.edit((change,), "attribute", weight * (0.4 + 0.5 * near)))
    yield from spread(sorted(edits, key=lambda edit: -edit.prior)[:16])
    if isinstance(node.ctx, ast.Load) and not is_callee and owner != "self":
        yield site.replace(owner, "drop attribute", 0.12)
    if owner == "self" and node.attr in scope.names and isinstance(node.ctx, ast.Load):
        yield site.replace(node.attr, "drop self", 0.3)


def _known_attributes(site: Site, node: ast.Attribute, owner: str, is_callee: bool) -> list[str]:
    """Attributes seen on this object when it ran, then those used on it in the file."""
    if owner == "self":
        seen = list(site.scope.class_members)
    else:
        seen = list(site.scope.attributes.get(owner, ()))
    for other in site.source.walk(site.source.tree):
        if isinstance(other, ast.Attribute) and other.attr not in seen:
            same = isinstance(other.value, ast.Name) and other.value.id == owner
            called = site.source.field(other) == "func"
            if (same or not site.scope.attributes.get(owner)) and called == is_callee:
                seen.append(other.attr)
    return seen
