"""Literals: numbers by one, truth values, None, strings that are used nearby."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator

from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site, spread
from bot.adapters.agents.mechanic.engine.precedence import ATOM, UNARY


def literals(site: Site) -> Iterator[Edit]:
    """Another value of the same type."""
    node = site.node
    if isinstance(node, ast.List) and not node.elts and isinstance(node.ctx, ast.Load):
        for text in ("[[]]", "None", *(f"[{name}]" for name in site.scope.visible(node))):
            yield site.replace(text, "constant", 0.15)
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        endless = isinstance(site.source.parent(node), ast.While)
        yield site.replace(str(not value), "flip constant", 0.01 if endless else 0.6)
    elif value is None:
        for text in ("[]", "0", "False", '""'):
            yield site.replace(text.replace('"', site.source.quote), "constant", 0.06)
    elif isinstance(value, int):
        yield from _integers(site, value)
    elif isinstance(value, float):
        for new in (value + 1, value - 1, -value, 0.0, 1.0, value * 10, value / 10):
            if new != value:
                yield site.replace(repr(new), "constant", 0.1, tight=UNARY if new < 0 else ATOM)
    elif isinstance(value, str):
        yield from _strings(site, value)


def _integers(site: Site, value: int) -> Iterator[Edit]:
    parent = site.source.parent(site.node)
    negative = isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.USub)
    ones = (0, 0.3), (1, 0.3), (-1, 0.2), (2, 0.15)
    for new, prior in ((value + 1, 0.6), (value - 1, 0.6), *ones):
        neutral = isinstance(parent, ast.BinOp) and new == _neutral(parent)
        if new != value and not neutral and not (negative and new < 0):
            repeated = new in (value + 1, value - 1) and prior < 0.6
            if not repeated:
                yield site.replace(str(new), "constant", prior, tight=UNARY if new < 0 else ATOM)
    for new in (value * 10, value * 100, value // 10, value * 2):
        if abs(value) > 1 and new > 1:
            yield site.replace(str(new), "constant", 0.06)


def _neutral(parent: ast.BinOp) -> int | None:
    """The number that makes an operation do nothing; leaving the operand out says it better."""
    if isinstance(parent.op, (ast.Add, ast.Sub)):
        return 0
    return 1 if isinstance(parent.op, (ast.Mult, ast.Div, ast.FloorDiv)) else None


def _strings(site: Site, value: str) -> Iterator[Edit]:
    """Strings used elsewhere in the module, closest spelling first; case, blanks, nothing. Of a
    raw one, which is a pattern: what repeats, and where it ends."""
    start, text = site.source.span(site.node)[0], site.source.segment(site.node)
    for sign in re.finditer(r"(?<!\\)[*+$]", text if re.match("[rR]", text) else ""):
        place, new = start + sign.start(), {"*": "+", "+": "*", "$": r"\Z"}[sign[0]]
        yield site.edit(((place, place + 1, new),), "pattern", 0.4)
    yield from _more(site, value)
    if value not in site.source.strings:  # no name, no key
        return
    matcher = difflib.SequenceMatcher(b=value)
    nearness: dict[str, float] = {}
    for other in site.source.strings - {value}:
        matcher.set_seq1(other)
        nearness[other] = matcher.quick_ratio()
    nearest = sorted(nearness, key=lambda other: (-nearness[other], other))[:12]
    swaps = [site.replace(site.quoted(o), "string", 0.1 + 0.4 * nearness[o]) for o in nearest]
    yield from spread(swaps)
    seen = {value}
    for new, prior in (
        ("", 0.15), (value.strip(), 0.15), (value.lower(), 0.12), (value.upper(), 0.06),
        (" " if not value else value + " ", 0.05), (f" {value}", 0.04),
    ):  # fmt: skip
        if new not in seen:
            seen.add(new)
            yield site.replace(site.quoted(new), "string", prior)


def _more(site: Site, value: str) -> Iterator[Edit]:
    """Of several words one more: in the other case, or of the failing test; of signs likewise, also
    within the brackets of a pattern."""
    (start, end), beside = site.source.span(site.node), site.source.parent(site.node)
    if isinstance(beside, (ast.Tuple, ast.Set, ast.List)):
        there = {getattr(each, "value", None) for each in beside.elts}
        words = [w for w in sorted(site.texts) if w.isidentifier() == value.isidentifier()]
        words = [value.swapcase(), *(words if beside.elts[-1] is site.node else ())]
        words = [word for word in dict.fromkeys(words) if word and word not in there]
        more = [site.edit(((end, end, f", {site.quoted(w)}"),), "missing case", 0.4) for w in words]
        yield from spread(more)
    signs = sorted({sign for text in site.texts for sign in text if not sign.isalnum()})
    if re.fullmatch(r"[^\w\s]{1,20}", value):
        more = [site.replace(site.quoted(value + s), "signs", 0.4) for s in signs if s not in value]
        yield from spread(more)
    elif re.match("[rR]", text := site.source.segment(site.node)):
        ends = [start + match.start() for match in re.finditer(r"(?<!\\)\]", text)]
        shown = [re.escape(sign) for sign in signs if sign != " "]
        more = [site.edit(((at, at, sign),), "pattern", 0.4) for at in ends for sign in shown]
        yield from spread(more)
