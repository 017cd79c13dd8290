"""Four rows that are one outage are one question: what people read, as files read in review."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from factories_cards import tally_of

from bot.domain.audience import Audience
from bot.domain.cards.card import Card
from bot.domain.cards.views.cluster import ClusterView
from bot.domain.cards.views.digest import Board, digest_card
from bot.domain.cards.views.question import Question, question_section
from bot.domain.clusters.evidence import Near
from bot.domain.clusters.titles import shared_name
from bot.domain.models import Cluster, Frame, Item, Project
from bot.render import render_blocks, render_markdown
from workers.clusters.explain import beside

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
HOUR = int(NOW.timestamp() // 3600)
SHOP = Project(id=7, installation=1, full_name="acme/shop", private=True)
CHARGE = (Frame(path="shop/till.py", function="pay"), Frame(path="shop/bank.py", function="charge"))
_TOLD = {
    7: ("reddit", "Anybody else unable to pay at Acme right now?", "Payment fails on every card."),
    8: (
        "datadog",
        "[P2] [Triggered] Payment provider: p95 of POST /charges over 9 s",
        "<!channel>",
    ),
    9: ("sentry", "PaymentTimeout: no answer from the provider", "PaymentTimeout: no answer"),
    12: ("github", "Last page of a category is missing", "The last page has no products."),
    21: ("github", "Checkout spins and then says payment failed", "PaymentTimeout: no answer"),
}


def item(number: int) -> Item:
    source, title, body = _TOLD[number]
    return Item(
        number=number, source=source, key=f"k{number}", event="e", audience=Audience.TEAM,
        title=title, body=body, occurred_at=NOW, created_at=NOW, updated_at=NOW, cluster=number,
        frames=CHARGE if number in (9, 21) else (),
    )  # fmt: skip


def view(number: int) -> ClusterView:
    cluster = Cluster(
        number=number, audience=Audience.TEAM, title=_TOLD[number][1], created_at=NOW,
        updated_at=NOW, severity="S2" if number < 10 else "S3",
        trend="31 times in the last 3 hours, where 2 would be usual" if number == 12 else "",
    )  # fmt: skip
    tally = tally_of([item(number)], {HOUR: number, HOUR - 3: 2})
    return ClusterView(cluster, [item(number)], tally, NOW, Audience.TEAM)


def outage() -> Question:
    pairs = ((21, 9), (8, 9), (21, 7))
    near = [(a, Near(item=b, cluster=b, score=0.2, similarity=0)) for a, b in pairs]
    told = [(item(a), beside(item(a), item(n.item), n, without=SHOP.full_name)) for a, n in near]
    name = shared_name([_TOLD[n][1:] for n in (7, 8, 9, 21)], without=SHOP.full_name)
    return Question(name, (7, 8, 9, 21), told).seen({n: view(n) for n in _TOLD})


def suggested() -> Card:
    sections = (question_section(outage()),)
    return Card(key="alike", audience=Audience.TEAM, title=("1 group",), sections=sections)


def digest(*, compact: bool) -> Card:
    asked = outage()
    board = Board([asked.row, view(12)], [], open=5, new=5, reports=5, day=[0, 2], asked={7: asked})
    return digest_card(SHOP, board, {}, compact=compact)


CARDS = {
    "question": suggested,
    "question_digest": lambda: digest(compact=True),
    "question_tracking_issue": lambda: digest(compact=False),
}


@pytest.mark.parametrize("name", CARDS)
def test_a_question_as_it_is_read(name: str, golden: Callable[[str, str], None]) -> None:
    card = CARDS[name]()
    golden(f"{name}.md", render_markdown(card))
    message = render_blocks(card)
    told = {"text": message.text, "blocks": message.blocks}
    golden(f"{name}.blocks.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    assert "<!here>" not in message.text + json.dumps(message.blocks)


def test_no_row_of_the_digest_says_again_what_is_asked() -> None:
    for compact in (True, False):
        card = digest(compact=compact)
        written = render_markdown(card)
        assert written.count("Payment provider: p95") == 1
        assert "plan C-12" in written
        offered = [f"{verb} C-{number}" for verb in ("fix", "plan") for number in (7, 8, 9, 21)]
        assert not any(each in written for each in offered)
        assert "problems: `/soulcaster clusters`" not in written, "all five are shown"


def test_what_is_worse_than_a_question_stands_above_it() -> None:
    asked, worse = outage(), view(12)
    worse = replace(worse, cluster=worse.cluster.model_copy(update={"severity": "S1"}))
    board = Board([worse, asked.row], [], open=5, new=5, reports=5, day=[2], asked={7: asked})
    written = render_markdown(digest_card(SHOP, board, {}, compact=False))
    assert written.index("Last page of a category") < written.index("look like one problem")
    assert written.index("look like one problem") < written.index("Do it with one click")
