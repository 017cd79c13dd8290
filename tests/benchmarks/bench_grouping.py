# ruff: noqa: E402 (the helpers of the tests are found first)
"""Right groups at first sight: stories of small projects, opposites, languages, and the chances.

``python tests/benchmarks/bench_grouping.py`` prints, with the embedder that is set up, how many
clusters a problem becomes, how many clusters hold several problems, and how often a report's own
problem is among the first candidates; ``PICTURE=docs/chances.svg`` draws said chances against
right shares of all stories.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from told_stories import STORIES, Told, pairs, read_lines, summary, tell

from bot.adapters import choose
from bot.context import Context
from bot.settings import Settings
from workers.clusters.backtest import read_history

BANDS = 8


def picture(told: Sequence[Told], path: Path) -> None:
    """Said chance (across) against right share (up), a dot a band of equally many reports."""
    asked = sorted((each for each in told if each.chance), key=lambda each: each.chance)
    dots = []
    for band in np.array_split(np.array([(e.chance, e.right) for e in asked]), BANDS):
        said, right = band.mean(axis=0)
        dots.append(f'<circle cx="{40 + 300 * said:.0f}" cy="{320 - 300 * right:.0f}" r="6"/>')
    marks = "".join(
        f'<text x="{40 + 300 * at:.0f}" y="340">{at:.1f}</text>'
        f'<text x="8" y="{324 - 300 * at:.0f}">{at:.1f}</text>'
        for at in (0, 0.5, 1)
    )
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 370" font-family="sans-serif" '
        'font-size="12"><rect width="360" height="370" fill="#fff"/>'
        '<path d="M40 20V320H340" fill="none" stroke="#888"/>'
        '<path d="M40 320L340 20" stroke="#bbb" stroke-dasharray="4"/>'
        f'<g fill="#2563eb">{"".join(dots)}</g>{marks}'
        f'<text x="60" y="362">said chance of the first candidate ({len(asked)} reports)</text>'
        '<text x="46" y="16">share that is right</text></svg>\n'
    )


async def tell_all() -> None:
    embedder = choose.embedder(Context.choices_of(Settings.load(dict(os.environ))))
    print(f"embedder {embedder.id}")
    told: list[Told] = []
    for part in ("seen", "apart"):
        stories = [read_history(path) for path in sorted((STORIES / part).glob("*.jsonl"))]
        for join in ("sure", "eager"):
            decided = [await tell(story, embedder, join) for story in stories]
            print(f"stories {part}, {join}: {summary(decided)}")
        told += [each for story in decided for each in story]
    lines = read_lines("opposites")
    for source in ("github", "manual"):
        opposite = await pairs(embedder, [x for x in lines if "same" not in x], source)
        alike = await pairs(embedder, [x for x in lines if "same" in x], source)
        print(
            f"eager, github and {source}: {sum(x.cluster == 31 for x in opposite)} of"
            f" {len(opposite)} opposites joined, {sum(x.cluster == 31 for x in alike)} of"
            f" {len(alike)} that are the same"
        )
    spoken = read_lines("languages")
    for within in (False, True):
        found = await pairs(
            embedder, [x for x in spoken if x.get("within", False) == within], "manual"
        )
        first, five = (sum(1 <= x.rank <= most for x in found) for most in (1, 5))
        kind = "one other language" if within else "English and another language"
        print(f"{kind}: first {first}, among five {five} of {len(found)}")
    if path := os.environ.get("PICTURE"):
        picture(told, Path(path))
    await embedder.close()


@pytest.mark.timeout(900)
def test_right_groups_at_first_sight() -> None:
    asyncio.run(tell_all())


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__, "-s", "-q"]))
