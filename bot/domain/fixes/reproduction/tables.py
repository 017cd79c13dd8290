"""A table of calls and what they give, as one sentence a row."""

import ast
import re
from collections.abc import Iterator, Sequence

from bot.domain.fixes.python import expression, literal, names_in

MAX_ROWS, MAX_BARS = 20, 12
_ROW = re.compile(r"^\s*\|?(.+\|.+?)\|?\s*$")
_RULE = re.compile(r"^[\s|:-]+$")
# What a column holds, by its heading; the first that fits.
_COLUMNS = (
    ("expected", re.compile(r"expect|should|want|correct|desired", re.I)),
    ("actual", re.compile(r"actual|got|gives|output|result|return|current|observed", re.I)),
    ("asked", re.compile(r"call|code|expression|input|argument|example|case|value", re.I)),
)
# A function as a title names it: `f`, f(), or a word that no prose has.
_NAMED = re.compile(r"`([a-z_]\w*)(?:\(\))?`|\b([a-z_]\w*)\(|\b([a-z]+(?:_[a-z\d]|\d)\w*)\b")


def told_in(lines: Sequence[str], title: str) -> Iterator[str]:
    """A sentence for each row of the first table of ``lines`` whose heading tells call, or input
    of the function that ``title`` names, and what should come."""
    for at in range(1, len(lines)):
        if _RULE.match(lines[at]) and "|" in lines[at] and _ROW.match(lines[at - 1]):
            titles, below = _cells(lines[at - 1]), lines[at + 1 : at + 1 + MAX_ROWS]
            heads = [_kind(cell) for cell in titles]
            if (call := _asked_of(titles)) and "expected" in heads:
                yield from _called(below, titles, heads, call)
                return
            if {"asked", "expected"} <= {*heads}:
                yield from _rows(below, heads, title)
                return


def _asked_of(titles: Sequence[str]) -> str:
    """A heading that is a call of what another column holds: `` `double(word)` `` beside "word"."""
    names = {title.strip("`") for title in titles}
    for title in titles:
        node = expression(title.strip("`")) if title.startswith("`") else None
        if isinstance(node, ast.Call) and names & names_in(node):
            return title.strip("`")
    return ""


def _called(
    lines: Sequence[str], titles: Sequence[str], heads: Sequence[str], asked: str
) -> Iterator[str]:
    """A sentence for each row; a cell that is no literal is a text."""
    for line in lines:
        cells = [cell.strip("`") for cell in _cells(line)] if _ROW.match(line) else []
        if len(cells) != len(heads):
            return
        texts = [cell if literal(cell) is not ... else repr(cell) for cell in cells]
        given = {title.strip("`"): text for title, text in zip(titles, texts, strict=True)}
        code = "".join(given.get(part, part) for part in re.split(r"(\w+)", asked))
        came, wanted = given.get(asked, ""), texts[heads.index("expected")]
        yield f"`{code}` returns `{came}`, expected `{wanted}`."


def _rows(lines: Sequence[str], heads: Sequence[str], title: str) -> Iterator[str]:
    function = next(
        (name for match in _NAMED.finditer(title) for name in match.groups() if name), ""
    )
    for line in lines:
        cells = _cells(line) if _ROW.match(line) else []
        if len(cells) != len(heads):
            return
        told = {head: cell.strip("`") for head, cell in zip(heads, cells, strict=True) if cell}
        asked = told.get("asked", "")
        asked = asked if "(" in asked else f"{function}({asked})" if function and asked else ""
        if asked and "expected" in told:
            was = f" returns `{told['actual']}`," if "actual" in told else " is wrong,"
            yield f"`{asked}`{was} expected `{told['expected']}`."


def _cells(line: str) -> list[str]:
    """Cells; what stands between backticks may hold a bar."""
    row = _ROW.match(line) if line.count("|") <= MAX_BARS else None
    parts = re.split(r"\|(?=(?:[^`]*`[^`]*`)*[^`]*$)", row[1] if row else "")
    return [part.strip() for part in parts]


def _kind(heading: str) -> str:
    return next((name for name, words in _COLUMNS if words.search(heading)), "")
