"""A table in Slack: fixed-width text.

Slack has a table block, but the published description of what a message holds does not list it.
"""

from __future__ import annotations

import unicodedata

from bot.domain.cards.card import Line, Table
from bot.render.defuse import plain


def monospace(table: Table) -> str:
    """The table as lines of equal columns, without markup."""
    columns = len(table.header)
    rows = [
        [plain(name) for name in table.header],
        *([words(cell) for cell in [*row, *[()] * columns][:columns]] for row in table.rows),
    ]
    widths = [max(_width(row[column]) for row in rows) for column in range(columns)]
    return "\n".join(
        "  ".join(
            text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def words(line: Line) -> str:
    """A line without its markup."""
    return plain("".join(part if isinstance(part, str) else part.text for part in line))


def _width(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in text)
