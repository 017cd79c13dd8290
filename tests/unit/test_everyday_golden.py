"""What people are shown every day, in both markups, read as text."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from factories_cards import tally_of

from bot.domain.audience import Audience
from bot.domain.cards.card import Card, Choice, Code, Section, note
from bot.domain.cards.card import Choices as Offered
from bot.domain.cards.views.cluster import (
    ClusterView,
    cluster_card,
    example_card,
    missing_card,
)
from bot.domain.clusters.labels import Likely
from bot.domain.commands.command import Level
from bot.domain.models import Cluster, ClusterState, Item
from bot.render import render_blocks, render_markdown
from workers.commands.verbs import ROSTER
from workers.commands.verbs.anybody import GROUPS, Help, help_card

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
THERE = {"C-12": "C-7", "acme/api": "acme/shop"}
LIKELY = [Likely(name="bug", likes=8, of=9), Likely(name="area/cart", likes=7, of=9)]
RUNS = "total([3, 4]) returns 3, expected 7"


def item(body: str = "The total is wrong.") -> Item:
    return Item(
        number=3,
        source="github",
        key="issue:5",
        event="1",
        title="Cart total drops the last item",
        body=body,
        url="https://github.com/acme/shop/issues/5",
        author="ana",
        audience=Audience.PUBLIC,
        occurred_at=NOW,
        created_at=NOW,
        updated_at=NOW,
        cluster=7,
    )


def view(body: str = "The total is wrong.", **fields: object) -> ClusterView:
    known = {"number": 7, "title": "Cart total drops the last item", "audience": Audience.PUBLIC}
    when = {"created_at": NOW, "updated_at": NOW}
    cluster = Cluster.model_validate({**known, **when, **fields})
    items = [item(body)]
    return ClusterView(cluster, items, tally_of(items, {}), NOW, Audience.PUBLIC)


def ignored() -> Card:
    said = {"state_by": "@ana", "state_at": NOW, "ignored_reason": "third-party"}
    by = {"severity": "S2", "severity_by": "@bo", "severity_at": NOW - timedelta(days=1)}
    return cluster_card(view(state=ClusterState.IGNORED, **said, **by))


def help_all() -> Card:
    card = help_card(Help(), ROSTER, Level.L2, THERE, readers=Audience.PUBLIC)
    return card.model_copy(update={"folded": True})


def asked() -> Card:
    choice = Choice(Code("fix C-7"), sentence="fix C-7")
    card = note("refused:ana", "You named me: is this what you want?", audience=Audience.PUBLIC)
    return card.model_copy(update={"tone": "pending", "sections": (Section(Offered(choice)),)})


CARDS: dict[str, Callable[[], Card]] = {
    "everyday_ignored": ignored,
    "everyday_without_example": lambda: cluster_card(view()),
    "everyday_with_example": lambda: cluster_card(view(RUNS)),
    "everyday_ask_for_example": lambda: example_card(view().cluster, readers=Audience.PUBLIC),
    "everyday_ask_for_what_is_missing": lambda: missing_card(
        item(), ["Version", "Steps to reproduce"], readers=Audience.PUBLIC
    ),
    "everyday_labels": lambda: cluster_card(replace(view(), likely=LIKELY)),
    "everyday_help": help_all,
    "everyday_help_fix": lambda: help_card(
        Help(about="fix"), ROSTER, Level.L2, THERE, readers=Audience.PUBLIC
    ),
    "everyday_help_source": lambda: help_card(
        Help(about="source"), ROSTER, Level.L4, THERE, readers=Audience.PUBLIC
    ),
    "everyday_named_in_passing": asked,
}


@pytest.mark.parametrize("name", CARDS)
def test_a_card_of_every_day(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.md", render_markdown(CARDS[name]()))
    message = render_blocks(CARDS[name]())
    written = {"text": message.text, "blocks": message.blocks}
    golden(f"{name}.blocks.json", json.dumps(written, indent=1, ensure_ascii=False) + "\n")


def test_every_verb_stands_in_one_group_of_help() -> None:
    grouped = [verb for verbs in GROUPS.values() for verb in verbs.split()]
    assert len(grouped) == len(set(grouped))
    assert {each.verb for each in ROSTER} <= set(grouped)
    assert "--preview" not in str(help_all())


def test_a_fix_is_offered_where_something_can_be_run() -> None:
    assert "fix C-7" in str(cluster_card(view(RUNS)).actions)
    assert "fix C-7" not in str(cluster_card(view()).actions)
    modelled = view()
    object.__setattr__(modelled, "writes_tests", True)
    assert "fix C-7" in str(cluster_card(modelled).actions)
