"""What a history held, as numbers: duplicates that nobody pointed out, agreement with people."""

from __future__ import annotations

from bot.domain.cards.views.cluster import count
from bot.domain.models import Record


class LookBack(Record):
    """Of the newest ``reports``, clustered in silence as ``sure`` would have: ``problems`` they
    would have been, ``pairs`` that comments and people call duplicates, of which ``found`` were
    joined and ``asked`` more asked about; ``unmarked`` were joined though nobody points them out.

    ``examples`` of those are numbers of reports, with the chance (0 to 1) that they are one: it
    holds no words, so what is deleted meanwhile is in it no more.
    """

    reports: int
    problems: int
    pairs: int
    found: int
    asked: int
    unmarked: int
    examples: tuple[tuple[int, int, float], ...] = ()

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """As people read it: what, and how it is."""
        agreed = f"{self.found:,} of {count(self.pairs, 'pair')} that people call duplicates joined"
        more = f", {self.asked:,} more asked about" if self.asked else ""
        return (
            ("Looked back on", f"{count(self.reports, 'report')}: {self.problems:,} problems"),
            ("Duplicates nobody points out", f"{self.unmarked:,}"),
            ("Agreement", agreed + more if self.pairs else "nobody calls any a duplicate"),
        )
