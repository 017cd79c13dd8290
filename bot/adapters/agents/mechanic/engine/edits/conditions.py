"""Conditions: another one, one conjunct more, none at all."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site, spread
from bot.adapters.agents.mechanic.engine.precedence import AND, COMPARE, NOT, OR, tightness
from bot.adapters.agents.mechanic.engine.scope import CONTAINERS, NUMBERS


def atoms(site: Site) -> list[tuple[str, int, float]]:
    """Small conditions that make sense here: (text, tightness, likelihood)."""
    found: list[tuple[str, int, float]] = []
    scope, text = site.scope, site.source.segment(site.node)
    for name in scope.visible(site.node):
        if name == "self":
            continue
        kinds = scope.kinds(name)
        used = 1.3 if name in text else 1.0
        if "function" in kinds or "type" in kinds:
            continue
        found.append((name, 15, 0.5 * used))
        found.append((f"not {name}", NOT, 0.5 * used))
        if not kinds or "NoneType" in kinds:
            none = 1.0 if kinds else 0.4
            for test in ("is None", "is not None"):
                found.append((f"{name} {test}", COMPARE, 0.6 * none * used))
        if kinds & NUMBERS:
            found += [(f"{name} {test} 0", COMPARE, 0.3 * used) for test in (">", "==")]
        if kinds & CONTAINERS:
            found += _memberships(site, name)
    for owner, attributes in scope.attributes.items():
        if owner in scope.names:
            for attribute in attributes[:8]:
                kinds = scope.kinds(f"{owner}.{attribute}")
                found.append((f"{owner}.{attribute}", 15, 0.25))
                found.append((f"not {owner}.{attribute}", NOT, 0.25))
                if "NoneType" in kinds:
                    for test in ("is None", "is not None"):
                        found.append((f"{owner}.{attribute} {test}", COMPARE, 0.3))
    return found


def _memberships(site: Site, container: str) -> list[tuple[str, int, float]]:
    found = []
    kinds = site.scope.kinds(container)
    for name in site.scope.visible(site.node):
        other = site.scope.kinds(name)
        if name in (container, "self") or other & {"list", "dict", "set", "function"}:
            continue
        if kinds & {"set", "dict", "list", "frozenset", "defaultdict", "Counter"}:
            found.append((f"{name} in {container}", COMPARE, 0.25))
            found.append((f"{name} not in {container}", COMPARE, 0.3))
    return found


def nearby(site: Site) -> list[tuple[str, int, float]]:
    """Conditions written elsewhere in the function; and that an end is not there twice."""
    found: dict[str, tuple[str, int, float]] = {}
    visible = {*site.scope.visible(site.node), *site.scope.module_names, "len", "abs", "isinstance"}
    for node in site.source.walk(site.scope.owner) if site.scope.is_function else ():
        if isinstance(node, ast.Compare) and node is not site.node:
            text = site.source.segment(node)
            names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            if "\n" not in text and len(text) < 50 and names <= visible:
                found[text] = (text, COMPARE, 0.4)
    method = getattr(site.node, "func", site.node)
    if getattr(method, "attr", "") in ("startswith", "endswith"):
        for end in (getattr(each, "value", 0) for each in getattr(site.node, "args", ())):
            if isinstance(end, str):
                found[end] = (f"not {site.text(method)}({site.quoted(end * 2)})", NOT, 0.4)
    return list(found.values())


def replaced(site: Site) -> Iterator[Edit]:
    """Another condition in place of this one; always and never."""
    if not _is_test(site):
        return
    own = site.source.segment(site.node)
    constant = isinstance(site.node, ast.Constant)
    scale = 0.8 if constant else 0.25
    edits = [
        site.replace(text, "other condition", scale * weight, tight=tight)
        for text, tight, weight in [*atoms(site), *nearby(site)]
        if text != own
    ]
    yield from spread(edits)


def extended(site: Site) -> Iterator[Edit]:
    """``and``/``or`` one more condition; before the rest where it guards the rest."""
    if not _is_test(site) or isinstance(site.node, ast.Constant):
        return
    edits = []
    own = site.source.segment(site.node)
    if "\n" in own:
        return
    for text, tight, weight in [*atoms(site), *nearby(site)]:
        if tight == 15 and text == own:
            continue
        for word, needed in (("and", AND), ("or", OR)):
            extra = f"({text})" if tight < needed else text
            mine = f"({own})" if tightness(site.node) < needed else own
            shared = 1.0 if _shares_name(text, own) else 0.5
            guards = weight * 0.8 * shared
            edits.append(
                site.replace(f"{extra} {word} {mine}", "guarding condition", guards, tight=needed)
            )
            if not text.endswith(("is None", "is not None")):  # they only guard
                more = f"{mine} {word} {extra}"
                edits.append(site.replace(more, "added condition", guards * 0.9, tight=needed))
    yield from spread(edits)


def _shares_name(one: str, two: str) -> bool:
    return bool(
        set(one.replace(".", " ").split()) & set(two.replace(".", " ").replace("(", " ").split())
    )


def _is_test(site: Site) -> bool:
    parent, field = site.source.parent(site.node), site.source.field(site.node)
    if isinstance(parent, (ast.If, ast.While, ast.IfExp)):
        return field == "test"
    return isinstance(parent, ast.comprehension) and field == "ifs"


def filtered(site: Site) -> Iterator[Edit]:
    """A comprehension that forgot its ``if``; one that should not have it."""
    node = site.node
    if not isinstance(node, ast.comprehension):
        return
    comprehension = site.source.parent(node)
    if comprehension is None or not isinstance(node.target, ast.Name):
        return
    end = site.source.span(node.ifs[-1] if node.ifs else node.iter)[1]
    if node.ifs:
        start = site.source.span(node.iter)[1]
        yield site.edit(((start, end, ""),), "drop filter", 0.3, comprehension)
        return
    name = node.target.id
    for text, prior in ((name, 0.3), (f"not {name}", 0.05), (f"{name} is not None", 0.2)):
        yield site.edit(((end, end, f" if {text}"),), "add filter", prior, comprehension)
    for attribute in site.scope.attributes.get(name, ()):
        yield site.edit(((end, end, f" if {name}.{attribute}"),), "add filter", 0.15, comprehension)
        yield site.edit(
            ((end, end, f" if not {name}.{attribute}"),), "add filter", 0.15, comprehension
        )
