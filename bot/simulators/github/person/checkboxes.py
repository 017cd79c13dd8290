"""Task lists in Markdown: ticking a box changes the text, as it does on github.com."""

from __future__ import annotations

import re

from bot.simulators.github.errors import not_found

_BOX = re.compile(r"^(\s*(?:>\s*)*(?:[-*+]|\d+[.)])\s+\[)([ xX])(\](?=\s))")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")


def tick(body: str, index: int, *, checked: bool) -> str:
    """``body`` with its box number ``index`` (from 0) ticked or not. Raises 404."""
    lines, seen, fence = body.split("\n"), -1, ""
    for at, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
            continue
        if fence:
            if mark and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        if _BOX.match(line):
            seen += 1
            if seen == index:
                lines[at] = _BOX.sub(rf"\g<1>{'x' if checked else ' '}\g<3>", line)
                return "\n".join(lines)
    raise not_found(f"no task list item {index}")
