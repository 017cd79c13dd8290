"""Statements in the wrong place: order, indentation, deletion, branches."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bot.adapters.agents.mechanic.engine.edits.lines import shifted, taken_out
from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site
from bot.adapters.agents.mechanic.engine.source import FUNCTIONS, LEAVING

_DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.Try)


def deleted(site: Site) -> Iterator[Edit]:
    """A statement that should not be there."""
    node = site.node
    if not isinstance(node, ast.stmt) or isinstance(node, (*_DEFINITIONS, ast.Pass)):
        return
    change = taken_out(site, node)
    if change is not None:
        compound = isinstance(node, _BLOCKS)
        yield site.edit((change,), "delete", 0.06 if compound else 0.15)


def exchanged(site: Site) -> Iterator[Edit]:
    """A statement and the next one the other way round, or the one after that."""
    node = site.node
    if not isinstance(node, ast.stmt) or isinstance(node, _DEFINITIONS):
        return
    siblings = site.source.siblings(node)
    position = siblings.index(node)
    own = site.source.block(node)
    for distance, prior in ((1, 0.3), (2, 0.12), (3, 0.06)):
        if position + distance >= len(siblings) or own is None:
            return
        other = site.source.block(siblings[position + distance])
        apart = isinstance(siblings[position + distance], (*_DEFINITIONS, *LEAVING))
        if other is None or apart or other[0] < own[1]:
            return
        text = site.source.text
        if not text[other[0] : other[1]].endswith(("\n", "\r")):
            return
        moved = ((own[0], own[0], text[slice(*other)]), (*other, ""))
        yield site.edit(moved, "move up", prior)


def outdented(site: Site) -> Iterator[Edit]:
    """The last statement of a block moved out of it, behind it."""
    node = site.node
    if not isinstance(node, ast.stmt):
        return
    block = site.source.parent(node)
    siblings = site.source.siblings(node)
    if not isinstance(block, _BLOCKS) or siblings[-1] is not node:
        return
    text, own = shifted(site, node, deeper=False), site.source.block(node)
    whole = site.source.block(block)
    if text is None or own is None or whole is None:
        return
    if not text.endswith(("\n", "\r")):
        text += site.source.newline
    if len(siblings) > 1:
        at_end = own[1] == whole[1]
        if at_end:
            yield site.edit(((own[0], own[1], text),), "outdent", 0.4)
        else:
            yield site.edit(((own[0], own[1], ""), (whole[1], whole[1], text)), "outdent", 0.3)


def indented(site: Site) -> Iterator[Edit]:
    """A statement moved into the block above it."""
    node = site.node
    if not isinstance(node, ast.stmt) or isinstance(node, FUNCTIONS):
        return
    siblings = site.source.siblings(node)
    position = siblings.index(node)
    if position == 0 or not isinstance(siblings[position - 1], _BLOCKS):
        return
    text, own = shifted(site, node, deeper=True), site.source.block(node)
    if text is None or own is None:
        return
    yield site.edit(((own[0], own[1], text),), "indent", 0.4)


def branches(site: Site) -> Iterator[Edit]:
    """``if`` against ``while`` and ``elif``; ``else`` around what follows; no ``if`` at all."""
    node = site.node
    if isinstance(node, ast.If):
        yield from _of_if(site, node)
    elif isinstance(node, (ast.Break, ast.Continue)):
        other = "continue" if isinstance(node, ast.Break) else "break"
        yield site.replace(other, "break/continue", 0.5)


def _of_if(site: Site, node: ast.If) -> Iterator[Edit]:
    start, _ = site.source.span(node)
    is_elif = site.source.text.startswith("elif", start)
    if is_elif:
        yield site.edit(((start, start + 4, "if"),), "branch", 0.3)
        return
    yield site.edit(((start, start + 2, "while"),), "branch", 0.2)
    siblings = site.source.siblings(node)
    position = siblings.index(node)
    if position and isinstance(siblings[position - 1], ast.If):
        yield site.edit(((start, start, "el"),), "branch", 0.3)
    if position + 1 < len(siblings) and not node.orelse:
        following = siblings[position + 1]
        text = shifted(site, following, deeper=True)
        block = site.source.block(following)
        if text is not None and block is not None:
            margin = site.source.margin(node)
            change = (block[0], block[1], f"{margin}else:{site.source.newline}{text}")
            yield site.edit((change,), "else", 0.25)
    yield from _without_if(site, node)


def _without_if(site: Site, node: ast.If) -> Iterator[Edit]:
    """The body alone, without its condition."""
    block = site.source.block(node)
    if block is None or node.orelse:
        return
    texts = [shifted(site, statement, deeper=False) for statement in node.body]
    if all(text is not None for text in texts):
        yield site.edit(((*block, "".join(text or "" for text in texts)),), "drop if", 0.12)
