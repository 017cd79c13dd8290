""" "These four look like one problem: payment": several clusters asked about as one, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import reduce
from operator import add

from bot.domain.cards.card import Bullets, Choice, Choices, Code, Paragraph, Said, Section, Strong
from bot.domain.cards.sparkline import sparkline
from bot.domain.cards.views.cluster import ClusterView, count
from bot.domain.cards.views.why import Compared, both_line
from bot.domain.models import Item

NUMBERS = ("", "", "two", "three", "four", "five", "six")


@dataclass(frozen=True, slots=True)
class Question:
    """Clusters that may be one problem, the oldest first: the others would go into it. ``name`` is
    what they share, "" for nothing in a word; ``told`` are pairs of their reports that speak for
    it."""

    name: str
    clusters: Sequence[int]
    told: Sequence[tuple[Item, Compared]]
    views: Sequence[ClusterView] = ()

    def seen(self, views: Mapping[int, ClusterView]) -> Question:
        """With its clusters, which are among these."""
        return replace(self, views=[views[number] for number in self.clusters])

    @property
    def title(self) -> str:
        """Without what they share, which others wrote."""
        return f"These {NUMBERS[len(self.views)]} look like one problem"

    @property
    def row(self) -> ClusterView:
        """All of them as one."""
        first = self.views[0]
        named = f"{self.title}: {self.name}" if self.name else self.title
        worst = min(view.cluster.severity for view in self.views)
        return replace(
            first,
            cluster=first.cluster.model_copy(update={"title": named, "severity": worst}),
            tally=reduce(add, (view.tally for view in self.views)),
        )


def question_section(asked: Question) -> Section:
    """The question as one row, with what speaks for it and its two answers."""
    row = asked.row
    day = count(row.since(timedelta(hours=24)), "occurrence")
    reports = count(row.tally.reports, "report")
    seen = f"{sparkline(row.day)} {day} in 24 h · {reports} ({row.tally.sources})"
    named = (": ", Said(asked.name)) if asked.name else ()
    about = Paragraph(Strong(row.cluster.severity), " ", asked.title, *named)
    lines = {view.cluster.number: view.title for view in asked.views}
    for mine, other in asked.told:
        # A pair is told once, where the later of its two clusters stands.
        first, last = sorted((mine.cluster or 0, other.item.cluster or 0))
        lines[last] = (*lines[last], " · like ", Code(f"C-{first}"), ": ", *both_line(other))
    into, *others = (view.cluster.name for view in asked.views)
    same = f"merge {' '.join(others)} into {into} --suggest --confirm"
    choices = Choices(
        Choice(f"Confirm: the {NUMBERS[len(asked.views)]} are one", sentence=same),
        Choice("Not the same", sentence=f"not-dup {' '.join([into, *others])}"),
    )
    return Section(about, Paragraph(seen), Bullets(*lines.values()), choices)
