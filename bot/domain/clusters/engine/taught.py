"""A project's own opposites: two words that its people told apart. Who says that "the invoice page
is slow" is not "the checkout page is slow" teaches that, here, invoice and checkout are two things,
whatever else two titles share. It follows from the corrections in force, so it is undone with
them."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bot.domain.clusters.engine.links import Links, Pair
from bot.domain.clusters.engine.report import Terms

NEWEST = 200  # corrections that count
Swap = tuple[int, int]


def words_of(links: Links, titles: Mapping[int, Terms]) -> dict[Swap, Pair]:
    """The words that corrections tell apart, and the two items that each was learnt from. Two
    titles teach where they share two words or more and each has one that the other lacks; but not
    what people also called the same."""
    same = {swap for _, swap in _swaps(links.must, titles)}
    newest = sorted(links.cannot, key=max)[-NEWEST:]
    return {swap: said for said, swap in _swaps(newest, titles) if swap not in same}


def told_apart(
    title: Terms, others: Sequence[Terms], words: Mapping[Swap, Pair]
) -> dict[int, Pair]:
    """Which of ``others``, by place, say the one word where ``title`` says the other."""
    mine = {*title.tolist()}
    asked = [
        (ours, theirs, said)
        for (a, b), said in words.items()
        for ours, theirs in ((a, b), (b, a))
        if ours in mine and theirs not in mine
    ]
    found: dict[int, Pair] = {}
    for place, other in enumerate(others if asked else ()):
        its = {*other.tolist()}
        for ours, theirs, said in asked:
            if theirs in its and ours not in its:
                found[place] = said
    return found


def _swaps(pairs: Iterable[Pair], titles: Mapping[int, Terms]) -> list[tuple[Pair, Swap]]:
    found = []
    for a, b in pairs:
        if a in titles and b in titles:
            differ = np.setxor1d(titles[a], titles[b])
            shared = len(np.intersect1d(titles[a], titles[b]))
            if len(differ) == 2 and len(titles[a]) == len(titles[b]) and shared > 1:
                found.append(((a, b), (int(differ[0]), int(differ[1]))))
    return found
