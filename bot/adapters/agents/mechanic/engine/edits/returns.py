"""What a function gives back: the value, the word ``return``, ``yield`` and ``yield from``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bot.adapters.agents.mechanic.engine.edits.lines import put_after
from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site, spread
from bot.adapters.agents.mechanic.engine.precedence import AND, COMPARE, NOT, OR, tightness
from bot.adapters.agents.mechanic.engine.source import FUNCTIONS


def values(site: Site) -> Iterator[Edit]:
    """Another value returned."""
    node = site.node
    if not isinstance(node, ast.Return) or node.value is None:
        return
    value = node.value
    own = site.source.segment(value)
    texts = [(name, 15, 0.35) for name in site.scope.visible(node) if name != "self"]
    texts += [(text, 15, 0.12) for text in ("None", "[]", "0", "{}", site.source.quote * 2)]
    if not isinstance(value, ast.Constant):
        inverse = f"not {site.text(value, NOT)}"
        texts.append((inverse, NOT, 0.3))
    scale = 0.4 if any(isinstance(part, ast.Call) for part in ast.walk(value)) else 1.0
    edits = [
        site.replace(text, "returned value", prior * scale, tight=tight, node=value)
        for text, tight, prior in texts
        if text != own
    ]
    yield from spread(edits)
    yield from _spelled(site, node, "return", (("yield", 0.12),))


def extended(site: Site) -> Iterator[Edit]:
    """A returned condition with one conjunct more."""
    node = site.node
    if not isinstance(node, ast.Return) or not isinstance(
        node.value, (ast.Compare, ast.BoolOp, ast.Call)
    ):
        return
    value = node.value
    own = site.source.segment(value)
    if "\n" in own or (isinstance(value, ast.Call) and not _asks(value)):
        return
    edits = []
    for name in site.scope.visible(node):
        if name == "self" or site.scope.kinds(name) & {"function", "type"}:
            continue
        for text, tight in (
            (name, 15), (f"not {name}", NOT),
            (f"{name} is None", COMPARE), (f"{name} is not None", COMPARE),
        ):  # fmt: skip
            for word, needed in (("and", AND), ("or", OR)):
                mine = f"({own})" if tightness(value) < needed else own
                extra = f"({text})" if tight < needed else text
                new = f"{extra} {word} {mine}"
                edits.append(site.replace(new, "added condition", 0.2, tight=needed, node=value))
    yield from spread(edits)


def _asks(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name.startswith(("is", "has", "can", "any", "all", "match", "contains", "startswith"))


def forgotten(site: Site) -> Iterator[Edit]:
    """``f(x)`` as a statement where ``return f(x)`` or ``yield from f(x)`` was meant."""
    node = site.node
    if isinstance(node, ast.Expr):
        value = node.value
        if isinstance(value, ast.Constant):
            return
        start = site.source.span(node)[0]
        if isinstance(value, ast.Yield) and value.value is not None:
            yield from _spelled(site, node, "yield", (("yield from", 0.5), ("return", 0.15)))
        elif isinstance(value, ast.YieldFrom):
            yield from _spelled(site, node, "yield from", (("yield", 0.5),))
        elif not isinstance(value, ast.Await):
            bare = not isinstance(value, ast.Call)
            generator = any(
                isinstance(n, (ast.Yield, ast.YieldFrom))
                for n in site.source.walk(site.scope.owner)
            )
            if generator:
                yield site.edit(((start, start, "yield from "),), "forgotten yield", 0.5)
                yield site.edit(((start, start, "yield "),), "forgotten yield", 0.3)
            prior = 0.8 if bare else 0.35
            if isinstance(value, ast.Compare) and site.in_loop(node):
                text, prior = f"if not ({site.source.segment(value)}):", 0.2
                lines = f"{text}{site.source.newline}{site.source.margin(node)}{site.source.indent}"
                change = (*site.source.span(node), f"{lines}return False")
                yield site.edit((change,), "forgotten if", 0.8)
            yield site.edit(((start, start, "return "),), "forgotten return", prior)
        if isinstance(value, ast.Call) and site.scope.is_function:
            yield from _kept(site, node, value)
    elif isinstance(node, ast.Call) and isinstance(site.scope.owner, ast.AsyncFunctionDef):
        yield from _awaited(site, node)


def _awaited(site: Site, node: ast.Call) -> Iterator[Edit]:
    if not isinstance(site.source.parent(node), ast.Await):
        yield site.replace(f"await {site.text(node)}", "await", 0.4, tight=13)


def _kept(site: Site, node: ast.Expr, call: ast.Call) -> Iterator[Edit]:
    """``text.strip()`` as a statement does nothing: ``text = text.strip()``."""
    start = site.source.span(node)[0]
    if isinstance(call.func, ast.Attribute):
        owner = site.source.segment(call.func.value)
        target = isinstance(call.func.value, (ast.Name, ast.Attribute)) and owner != "self"
        if target:
            pure = bool(site.scope.kinds_of(call.func.value) & {"str", "int", "tuple", "datetime"})
            yield site.edit(((start, start, f"{owner} = "),), "kept result", 0.6 if pure else 0.1)
    for argument in call.args[:2]:
        if isinstance(argument, (ast.Name, ast.Attribute)):
            text = site.source.segment(argument)
            yield site.edit(((start, start, f"{text} = "),), "kept result", 0.25)


def _spelled(
    site: Site, node: ast.stmt, old: str, news: tuple[tuple[str, float], ...]
) -> Iterator[Edit]:
    start = site.source.span(node)[0]
    if site.source.text.startswith(old, start):
        for new, prior in news:
            yield site.edit(((start, start + len(old), new),), "return/yield", prior)


def missing(site: Site) -> Iterator[Edit]:
    """A function that ends without giving anything back."""
    node = site.node
    if not isinstance(node, ast.stmt) or not isinstance(site.scope.owner, FUNCTIONS):
        return
    body = site.scope.owner.body
    if body[-1] is not node or isinstance(node, (ast.Return, ast.Raise)):
        return
    edits = []
    for name in [n for n in site.scope.names if n != "self"]:
        prior = 0.6 if name not in site.scope.params else 0.3
        change = put_after(site, node, [f"return {name}"])
        if change is not None:
            edits.append(site.edit((change,), "missing return", prior))
    for text in ("False", "True", "[]", "0", "self" if site.scope.self_name else "None"):
        change = put_after(site, node, [f"return {text}"])
        if change is not None:
            edits.append(site.edit((change,), "missing return", 0.15))
    yield from spread(edits)
