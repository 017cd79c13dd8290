"""Whole statements as lines of text: put in, taken out, moved, indented."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from bot.adapters.agents.mechanic.engine.edits.proposal import Site

if TYPE_CHECKING:
    from bot.adapters.agents.mechanic.engine.edits.proposal import Change


def put_before(site: Site, statement: ast.stmt, lines: list[str]) -> Change | None:
    """New lines above a statement, at its indentation."""
    block = site.source.block(statement)
    if block is None:
        return None
    margin, newline = site.source.margin(statement), site.source.newline
    return block[0], block[0], "".join(margin + line + newline for line in lines)


def put_after(
    site: Site, statement: ast.stmt, lines: list[str], margin: str | None = None
) -> Change | None:
    """New lines below a statement, at its indentation or another."""
    block = site.source.block(statement)
    if block is None:
        return None
    newline = site.source.newline
    margin = site.source.margin(statement) if margin is None else margin
    text = "".join(margin + line + newline for line in lines)
    if not site.source.text[: block[1]].endswith(("\n", "\r")):
        text = newline + text[: -len(newline)]
    return block[1], block[1], text


def taken_out(site: Site, statement: ast.stmt) -> Change | None:
    """A statement removed; ``pass`` where it was alone."""
    block = site.source.block(statement)
    if block is None:
        return None
    if len(site.source.siblings(statement)) == 1:
        start, end = site.source.span(statement)
        return start, end, "pass"
    return block[0], block[1], ""


def shifted(site: Site, statement: ast.stmt, deeper: bool) -> str | None:
    """The lines of a statement one indentation deeper or shallower; None where that is unsafe."""
    block = site.source.block(statement)
    if block is None or _holds_long_string(statement):
        return None
    unit = site.source.indent
    out = []
    for line in site.source.text[block[0] : block[1]].splitlines(keepends=True):
        if deeper:
            out.append(unit + line if line.strip() else line)
        elif line.startswith(unit):
            out.append(line[len(unit) :])
        elif line.strip():
            return None
        else:
            out.append(line)
    return "".join(out)


def _holds_long_string(statement: ast.stmt) -> bool:
    return any(
        isinstance(node, ast.Constant)
        and isinstance(node.value, (str, bytes))
        and node.lineno != node.end_lineno
        for node in ast.walk(statement)
    )
