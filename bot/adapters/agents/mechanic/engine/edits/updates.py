"""A statement that was forgotten: an update of a collection, a counter, a field."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from bot.adapters.agents.mechanic.engine.edits.lines import put_after, put_before
from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site, spread
from bot.adapters.agents.mechanic.engine.scope import NUMBERS
from bot.adapters.agents.mechanic.engine.source import FUNCTIONS, LEAVING

_DECLARED = (ast.Import, ast.ImportFrom, ast.ClassDef)
_SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Continue, ast.Break)


def inserted(site: Site) -> Iterator[Edit]:
    """A new statement before or after this one."""
    node = site.node
    if not isinstance(node, ast.stmt) or isinstance(node, _DECLARED):
        return
    siblings = site.source.siblings(node) if site.scope.is_function else None
    if not siblings:
        return
    is_last = siblings[-1] is node
    leaves = isinstance(node, LEAVING)
    edits, lost = [], tuple(f"{name} = " for name in _unread(siblings[: siblings.index(node)]))
    for text, prior in [*_templates(site), *_donors(site)]:
        if text.startswith(lost):
            continue
        before = put_before(site, node, [text])
        if before is not None and not _is_first_docstring(site, node):
            edits.append(site.edit((before,), "new statement", prior))
        if is_last and not leaves:
            after = put_after(site, node, [text])
            if after is not None:
                edits.append(site.edit((after,), "new statement", prior))
    yield from spread(sorted(edits, key=lambda edit: -edit.prior)[:80])


def _unread(before: list[ast.stmt]) -> set[str]:
    """Names that the statements before set and nobody has read: anew, that would be lost."""
    unread: set[str] = set()
    for sibling in before:
        names = [node for node in ast.walk(sibling) if isinstance(node, ast.Name)]
        unread |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
        unread -= {node.id for node in names if not isinstance(node.ctx, ast.Store)}
    return unread


def _is_first_docstring(site: Site, node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _templates(site: Site) -> list[tuple[str, float]]:
    """Updates by what the names hold: a set is added to, a list appended to, a name advanced."""
    scope = site.scope
    names = [name for name in scope.visible(site.node) if name != "self"]
    texts: list[tuple[str, float]] = []
    stored = _updated(site)
    for holder in [*names, *(f"self.{member}" for member in scope.class_members)]:
        kinds = scope.kinds(holder)
        idle = 1.0 if holder not in stored else 0.5
        for value in names:
            other = scope.kinds(value)
            if value == holder or other & {"function"}:
                continue
            if "set" in kinds and not other & {"list", "set", "dict"}:
                texts.append((f"{holder}.add({value})", 0.9 * idle))
            elif kinds & {"list", "deque"}:
                texts.append((f"{holder}.append({value})", 0.5 * idle))
                if "list" in other:
                    texts.append((f"{holder}.extend({value})", 0.3 * idle))
            elif "dict" in kinds:
                for key in names:
                    if key not in (holder, value) and not scope.kinds(key) & {
                        "list",
                        "dict",
                        "set",
                    }:
                        texts.append((f"{holder}[{key}] = {value}", 0.25 * idle))
        if kinds & NUMBERS and "." not in holder and holder not in scope.params:
            texts += [(f"{holder} += 1", 0.35), (f"{holder} -= 1", 0.15)]
    local = [name for name in names if name not in scope.params]
    for target in local:
        for value in names:
            if value != target and scope.fits(target, value) >= 0.5:
                texts.append((f"{target} = {value}", 0.3 * scope.fits(target, value)))
    if getattr(scope.owner, "name", "") == "__init__":
        texts += [(f"self.{p} = {p}", 0.5) for p in scope.params if p != "self"]
    return texts


def _updated(site: Site) -> set[str]:
    """Collections that this function already grows."""
    found = set()
    for node in site.source.walk(site.scope.owner):
        if isinstance(node, ast.Attribute) and node.attr in ("append", "add", "extend", "update"):
            found.add(site.source.segment(node.value))
    return found


def _donors(site: Site) -> list[tuple[str, float]]:
    """Simple statements of the function or its class, as they are and with one name changed."""
    owner = site.source.class_(site.scope.owner) or site.scope.owner
    names = site.scope.visible(site.node)
    texts: dict[str, float] = {}
    for node in site.source.walk(owner):
        if not isinstance(node, _SIMPLE) or node is site.node or isinstance(node, FUNCTIONS):
            continue
        if isinstance(node, ast.Expr) and not isinstance(node.value, (ast.Call, ast.Yield)):
            continue
        text = site.source.segment(node)
        if "\n" in text or len(text) > 60:
            continue
        inside = site.source.function(node) is site.scope.owner
        texts.setdefault(text, 0.35 if inside else 0.12)
        used = {
            n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
        }
        for old in sorted(used & set(names)) if inside else ():
            for new in names:
                if new != old and site.scope.fits(old, new) >= 0.5:
                    changed = re.sub(rf"(?<![\w.]){re.escape(old)}\b", new, text)
                    texts.setdefault(changed, 0.25 * site.scope.fits(old, new))
    return list(texts.items())


def progress(site: Site) -> Iterator[Edit]:
    """A ``while`` whose condition nothing in its body changes: the step that was forgotten."""
    node = site.node
    if not isinstance(node, ast.While) or not isinstance(node.test, ast.Compare):
        return
    left, operator, right = node.test.left, node.test.ops[0], node.test.comparators[0]
    stored = {
        inner.id
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
    }
    falls = isinstance(operator, (ast.Gt, ast.GtE))
    for side, sign in ((left, "-" if falls else "+"), (right, "+" if falls else "-")):
        if isinstance(side, ast.Name) and side.id not in stored:
            change = put_after(site, node.body[-1], [f"{side.id} {sign}= 1"])
            if change is not None:
                yield site.edit((change,), "loop step", 0.6)
