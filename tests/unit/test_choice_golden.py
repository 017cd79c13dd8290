"""A history in the three ways, side by side: what a maintainer chooses by, as a file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from bot.adapters.embedders.hashing import Hashing
from workers.clusters.backtest import read_history
from workers.clusters.choice import compare
from workers.clusters.history import Past

STORY = Path(__file__).parents[1] / "stories" / "seen" / "ci.jsonl"


def history() -> Past:
    """A told story, as if its issues were numbered and two people had marked duplicates."""
    rows = read_history(STORY)
    numbered = [row.model_copy(update={"id": str(n)}) for n, row in enumerate(rows, start=1)]
    first: dict[str, int] = {}
    pairs = {
        (n, first[row.gold])
        for n, row in enumerate(rows, start=1)
        if row.gold and first.setdefault(row.gold, n) != n
    }
    return Past(tuple(numbered), frozenset(sorted(pairs)[:6]))


async def test_the_choice_as_it_is_read(golden: Callable[[str, str], None]) -> None:
    done: list[tuple[int, int]] = []
    found = await compare(history(), Hashing(), progress=lambda *so_far: done.append(so_far))
    golden("backtest_choice.txt", "\n".join(found.lines) + "\n")
    assert done[-1] == (3 * len(history().reports),) * 2


async def test_who_joins_more_asks_for_less_and_agrees_with_more() -> None:
    found = await compare(history(), Hashing())
    table = [re.findall(r"[\d,]+", line) for line in found.lines[3:6]]
    joined, _, clusters, agreed, _ = (list(map(int, column)) for column in zip(*table, strict=True))
    assert joined == sorted(joined)
    assert clusters == sorted(clusters, reverse=True)
    assert agreed == sorted(agreed)


async def test_a_history_of_nothing_says_so() -> None:
    found = await compare(Past((), frozenset()), Hashing())
    assert sum("nothing" in line for line in found.lines) == 3
