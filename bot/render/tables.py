"""A table in Slack: its own block for the first of a message, fixed-width text for the others.

A table block takes 100 rows of 20 cells, a message one such block of 10,000 characters.
https://docs.slack.dev/reference/block-kit/blocks/table-block
"""

from __future__ import annotations

import unicodedata
from typing import Any

from bot.domain.card import Code, Inline, Line, Link, Strong, Table
from bot.render.defuse import one_line, plain, safe_url

ROWS, COLUMNS, CHARACTERS = 100, 20, 10_000
_EMPTY = "–"

Json = dict[str, Any]


def table_block(table: Table) -> Json | None:
    """The table as a block, None where it is too large for one."""
    columns = len(table.header)
    if not 0 < columns <= COLUMNS or len(table.rows) + 1 > ROWS:
        return None
    rows = [
        [_raw(name) for name in table.header],
        *([_cell(cell) for cell in _padded(row, columns)] for row in table.rows),
    ]
    if sum(len(words(cell)) for row in table.rows for cell in row) > CHARACTERS * 0.9:
        return None
    return {"type": "table", "rows": rows}


def monospace(table: Table) -> str:
    """The table as lines of equal columns, without markup."""
    columns = len(table.header)
    rows = [
        [plain(name) for name in table.header],
        *([words(cell) for cell in _padded(row, columns)] for row in table.rows),
    ]
    widths = [max(_width(row[column]) for row in rows) for column in range(columns)]
    return "\n".join(
        "  ".join(
            text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _padded(row: tuple[Line, ...], columns: int) -> list[Line]:
    return [*row[:columns], *[()] * (columns - len(row))]


def words(line: Line) -> str:
    """A line without its markup."""
    return plain("".join(part if isinstance(part, str) else part.text for part in line))


def _cell(line: Line) -> Json:
    """Both kinds of cell take text as it is: nothing in it is markup."""
    if not any(isinstance(part, Strong | Code | Link) for part in line):
        return _raw(words(line))
    elements = [element for part in line if (element := _element(part))]
    if not elements:
        return _raw("")
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "elements": [section]}


def _element(part: Inline) -> Json | None:
    text = one_line(part if isinstance(part, str) else part.text)
    if isinstance(part, Link) and (url := safe_url(part.url)):
        return {"type": "link", "url": url, "text": text or url}
    style = {"bold": True} if isinstance(part, Strong) else {"code": True}
    if not text:
        return None
    styled = {"style": style} if isinstance(part, Strong | Code) else {}
    return {"type": "text", "text": text, **styled}


def _raw(text: str) -> Json:
    return {"type": "raw_text", "text": plain(text) or _EMPTY}


def _width(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in text)
