"""A history in the three ways, side by side: what a maintainer chooses by, as a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.adapters.embedders.hashing import Hashing
from bot.domain.audience import Audience
from bot.domain.cards.card import Card, Link, Said
from bot.domain.cards.views.choice import choice_card
from bot.render import render_blocks, render_markdown
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


async def chosen_from(past: Past, **chosen: Any) -> Card:
    address = "https://github.com/acme/shop/issues"
    named = {
        r.id: (Link(f"#{r.id}", f"{address}/{r.id}"), " ", Said(r.title[:60])) for r in past.reports
    }
    outcome = (await compare(past, Hashing())).outcome(named)
    return choice_card(outcome, "acme/shop", key="backtest", readers=Audience.PROJECT, **chosen)


async def test_the_choice_as_it_is_read(golden: Callable[[str, str], None]) -> None:
    card = await chosen_from(history(), way="sure", because="the default", free=True)
    golden("backtest_choice.md", render_markdown(card))
    blocks = {"blocks": render_blocks(card).blocks}
    golden("backtest_choice.blocks.json", json.dumps(blocks, ensure_ascii=False, indent=1))
    assert {a.sentence for a in card.actions} == {"backtest choose ask", "backtest choose eager"}


async def test_each_report_is_counted_three_times() -> None:
    done: list[tuple[int, int]] = []
    await compare(history(), Hashing(), progress=lambda *so_far: done.append(so_far))
    assert done[-1] == (3 * len(history().reports),) * 2


async def test_who_joins_more_asks_for_less_and_agrees_with_more() -> None:
    ask, sure, eager, plain = (await compare(history(), Hashing())).outcome().ways
    assert 0 == ask.joined < sure.joined <= eager.joined
    assert ask.clusters > sure.clusters >= eager.clusters
    assert ask.found <= sure.found <= eager.found
    assert plain.joined == len(history().reports) - plain.clusters


async def test_what_may_not_be_read_is_no_example() -> None:
    found = await compare(history(), Hashing())
    for pairs in found.outcome({"29": ("one",), "5": ("two",)}).examples.values():
        assert {pair.report for pair in pairs} <= {("one",)}
    assert not any(found.outcome({}).examples.values())


async def test_a_history_of_nothing_has_no_examples() -> None:
    assert len((await chosen_from(Past((), frozenset()))).sections) == 1
