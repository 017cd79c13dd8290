"""How alike a report and some earlier items are, feature by feature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain.clustering.lexical import FIELDS, Lexical
from bot.domain.clustering.report import Reading, Terms

NAMES = (
    "meaning",  # cosine of the two texts
    "title",  # rare words of both titles in common
    "words",  # rare words of anything in common
    "title in text",  # rare words of its title found anywhere in the other, or the reverse
    "errors",  # words of error lines in common
    "frames",  # stack frames in common
    "code",  # identifiers of code in common
    "recent",  # filed close together in time
)
_DAY = 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """``values[i, j]`` is feature ``NAMES[j]`` of the query with the i-th candidate."""

    rows: NDArray[np.intp]
    values: NDArray[np.float32]


def _overlap(
    shared: NDArray[np.float32], mine: float, theirs: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Cosine-like share of weight in common, 0 where either side is empty."""
    scale = np.sqrt(np.maximum(mine * theirs, 1e-9))
    return (
        np.where(theirs > 0, shared / scale, 0).astype(np.float32)
        if mine
        else np.zeros_like(theirs)
    )


def compare(
    reading: Reading,
    lexical: Lexical,
    rows: NDArray[np.intp],
    cosines: NDArray[np.float32],
    created: NDArray[np.float64],
) -> Pairs:
    """All features of ``reading`` with the items in ``rows``."""
    count = len(rows)
    theirs = lexical.fields(rows)
    weight = lexical.rarity(theirs.terms) ** 2

    def total(chosen: NDArray[np.bool_]) -> NDArray[np.float32]:
        return np.bincount(theirs.items[chosen], weights=weight[chosen], minlength=count).astype(
            np.float32
        )

    def member(terms: Terms) -> NDArray[np.bool_]:
        if not len(terms):
            return np.zeros(len(theirs.terms), dtype=bool)
        places = np.searchsorted(terms, theirs.terms).clip(max=len(terms) - 1)
        found: NDArray[np.bool_] = terms[places] == theirs.terms
        return found

    def mine(terms: Terms) -> float:
        return float((lexical.rarity(terms) ** 2).sum())

    fields = {name: theirs.field == number for number, name in enumerate(FIELDS)}
    everything = np.unique(np.concatenate([getattr(reading, name) for name in FIELDS]))
    in_mine = member(everything)
    in_title = member(reading.title)
    # A word in two fields of the other item counts once: with the most telling field.
    first = np.ones(len(theirs.terms), dtype=bool)
    order = np.lexsort((theirs.field, theirs.terms, theirs.items))
    again = (np.diff(theirs.terms[order].astype(np.int64)) == 0) & (
        np.diff(theirs.items[order]) == 0
    )
    first[order[1:][again]] = False

    values = np.zeros((count, len(NAMES)), dtype=np.float32)
    values[:, 0] = cosines
    title_weight = mine(reading.title)
    values[:, 1] = _overlap(total(fields["title"] & in_title), title_weight, total(fields["title"]))
    values[:, 2] = _overlap(total(first & in_mine), mine(everything), total(first))
    forward = total(first & in_title) / title_weight if title_weight else np.zeros(count)
    their_titles = total(fields["title"])
    backward = np.where(
        their_titles > 0, total(fields["title"] & in_mine) / np.maximum(their_titles, 1e-9), 0
    )
    values[:, 3] = (forward + backward) / 2
    for column, name in ((4, "errors"), (5, "frames"), (6, "code")):
        ours: Terms = getattr(reading, name)
        if len(ours):
            values[:, column] = _overlap(
                total(fields[name] & member(ours)), mine(ours), total(fields[name])
            )
    days = np.abs(reading.created - created) / _DAY
    values[:, 7] = 1 / (1 + np.log1p(days))
    return Pairs(rows, values)
