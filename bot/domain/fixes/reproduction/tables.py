"""A table or a list of calls and what they give, as one sentence a row."""

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
_CALLED = re.compile(r"(?<![\w.`])`?([a-z_]\w*)\(\)|`([a-z]\w*_\w*)`")
_GIVES = r"(?:->|→|=>|gives|returns|becomes|turns\s+into|is\s+turned\s+into|comes\s+out\s+as)"
_ITEM = re.compile(
    rf"^\s*[-*+]\s+`(?P<asked>[^`]+)`:?\s*{_GIVES}\s*`(?P<came>[^`]*)`\W*"
    r"(?:should|expected|wanted|instead\s+of|not)\b[^`]{0,30}`(?P<wanted>[^`]*)`\W*$"
)


def told_in(lines: Sequence[str], title: str) -> Iterator[str]:
    """A sentence for each row of the first table of ``lines`` whose heading tells call, or input
    of the function that ``title`` or what leads up to it names, and what should come; likewise for
    each item of a list ("- `in` -> `came`, should be `wanted`")."""
    items = [(at, item) for at, line in enumerate(lines) if (item := _ITEM.match(line))]
    function = _function(lines[: items[0][0]], title) if items else ""
    for _, item in items[:MAX_ROWS] if function else ():
        if "(" not in item["asked"]:
            yield _row(function, item["asked"], item["came"], item["wanted"])
    for at in range(1, len(lines)):
        if _RULE.match(lines[at]) and "|" in lines[at] and _ROW.match(lines[at - 1]):
            titles, below = _cells(lines[at - 1]), lines[at + 1 : at + 1 + MAX_ROWS]
            heads = [_kind(cell) for cell in titles]
            if (call := _asked_of(titles)) and "expected" in heads:
                yield from _called(below, titles, heads, call)
                return
            if {"asked", "expected"} <= {*heads}:
                yield from _rows(below, heads, _function(lines[:at], title))
                return


def _function(before: Sequence[str], title: str) -> str:
    """The function that a title names, else the only one that is named before."""
    names = (name for match in _NAMED.finditer(title) for name in match.groups() if name)
    told = {m[1] or m[2] for m in _CALLED.finditer("\n".join(before))}
    return next(names, next(iter(told)) if len(told) == 1 else "")


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
        yield _sentence(code, given.get(asked, ""), texts[heads.index("expected")])


def _sentence(code: str, came: str | None, wanted: str) -> str:
    was = f" returns `{came}`," if came is not None else " is wrong,"
    return f"`{code}`{was} expected `{wanted}`."


def _row(function: str, asked: str, came: str | None, wanted: str) -> str:
    """What no code is, is a text."""
    given = asked if expression(asked) is not None or "`" in asked else repr(asked)
    shown = None if came is None else _plain(came)
    return _sentence(f"{function}({given})", shown, _plain(wanted))


def _plain(text: str) -> str:
    told = literal(text) is not ... or re.match(r"[\w.]*(?:Error|Exception)\b|\w+\(", text)
    return text if told or "`" in text else repr(text)


def _rows(lines: Sequence[str], heads: Sequence[str], function: str) -> Iterator[str]:
    for line in lines:
        cells = _cells(line) if _ROW.match(line) else []
        if len(cells) != len(heads):
            return
        shown = {head: cell for head, cell in zip(heads, cells, strict=True) if cell}
        told = {head: cell.strip("`") for head, cell in shown.items()}
        asked, wanted = told.get("asked", ""), told.get("expected", "")
        if not (asked and wanted) or {each[0] == "`" for each in shown.values()} == {True, False}:
            continue  # "same, fine already" beside `values`
        if "(" in asked:
            yield _sentence(asked, told.get("actual"), wanted)
        elif function:
            yield _row(function, asked, told.get("actual"), wanted)


def _cells(line: str) -> list[str]:
    """Cells; what stands between backticks may hold a bar."""
    row = _ROW.match(line) if line.count("|") <= MAX_BARS else None
    parts = re.split(r"\|(?=(?:[^`]*`[^`]*`)*[^`]*$)", row[1] if row else "")
    return [part.strip() for part in parts]


def _kind(heading: str) -> str:
    return next((name for name, words in _COLUMNS if words.search(heading)), "")
