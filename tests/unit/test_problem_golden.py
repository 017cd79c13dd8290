"""A problem in its channel, what was held back, and the digest: as files read in review."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from checkers import load_checker
from factories_cards import tally_of

from bot.domain.audience import Audience
from bot.domain.cards.card import Card
from bot.domain.cards.pausing import Pause, with_banner
from bot.domain.cards.story import Event, Kind
from bot.domain.cards.views.cluster import ClusterView
from bot.domain.cards.views.digest import DAYS, Board, digest_card, still_card
from bot.domain.cards.views.problem import (
    event_card,
    joined_card,
    later_card,
    notify_card,
    problem_card,
    tracked_card,
)
from bot.domain.fixes.run import FixRun
from bot.domain.models import Cluster, ClusterState, Item, Project, RunState, Verdict, Watch
from bot.render import render_blocks, render_markdown

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
HOUR = int(NOW.timestamp() // 3600)
SHOP = Project(id=7, installation=1, full_name="acme/shop", private=True)
PULL = "https://github.com/acme/shop/pull/45"
TITLES = {
    12: "Customers are charged twice",
    14: "CSV export is one row short",
    17: "Login loop on Safari *after* the update",
    19: "Vouchers expire a day early",
    23: "Search is slow | since 2.4",
    31: "Old banner is back",
}


def view(number: int, **known: Any) -> ClusterView:
    item = Item(
        number=number, source="sentry", key=f"k{number}", event="e", audience=Audience.TEAM,
        title=TITLES[number], occurred_at=NOW, created_at=NOW, updated_at=NOW, cluster=number,
    )  # fmt: skip
    told = {
        "number": number, "audience": Audience.TEAM, "title": TITLES[number], "severity": "S2",
        "severity_reasons": ("speaks of payment (“charged twice”)", "120 times in the last day"),
        "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    tally = tally_of([item], {HOUR: number, HOUR - 3: 2})
    return ClusterView(Cluster(**{**told, **known}), [item], tally, NOW, Audience.TEAM)


def run(**known: Any) -> FixRun:
    told = {
        "number": 7, "cluster": 12, "audience": Audience.TEAM, "command": "c", "agent": "a",
        "requested_by": "ana", "seconds_allowed": 60, "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return FixRun(**{**told, **known})


def event(kind: Kind, by: str = "", what: str = "", *, cluster: int = 12, n: int = 1) -> Event:
    at = NOW - timedelta(hours=n)
    return Event(cluster=cluster, n=n, kind=kind, at=at, severity="S2", by=by, what=what)


PROVED = run(
    state=RunState.SUCCEEDED, verdict=Verdict.PROVED, pull_request=45, pull_url=PULL
)  # fmt: skip
WATCH = Watch(pull=45, since=NOW, until=NOW + timedelta(days=3))
WEEK = [
    event("new", n=3),
    event("rise", "@bo", "S3 → S2", cluster=14, n=2),
    event("opened", what="#45", n=1),
]
VIEWS = [
    view(12, state=ClusterState.REGRESSED, severity="S1"),
    view(14, trend="31 times in the last 3 hours, where 2 would be usual"),
    view(17),
    view(19, state=ClusterState.PR_OPENED, severity="S3"),
    view(23, state=ClusterState.WATCHING, severity="S3", watch=WATCH),
]


def board(**known: Any) -> Board:
    told = {
        "worst": VIEWS, "fixed": [view(31, state=ClusterState.RESOLVED)], "open": 9, "new": 2,
        "reports": 31, "day": [0] * 23 + [5], "since": NOW - timedelta(days=1),
        "news": [*WEEK, event("regressed"), event("resolved", what="gone after #45", cluster=31)],
        "beside": [view(31, state=ClusterState.SNOOZED)], "stale": [view(19)],
        "sources": "24 Sentry, 7 GitHub",
        "days": tally_of([], {HOUR - 24 * ago: 3 * ago % 11 for ago in range(60)}).days(NOW, DAYS),
    }  # fmt: skip
    return Board(**{**told, **known})


def digest(*, compact: bool, **known: Any) -> Card:
    return digest_card(SHOP, board(**known), {}, compact=compact)


PAUSED = [
    Pause(what="fixes", by="@ana", since=NOW),
    Pause(what="posts", by="@bo", since=NOW, until=NOW + timedelta(hours=2)),
]
CARDS: dict[str, Callable[[], Card]] = {
    "problem_new": lambda: problem_card(view(12, severity="S1"), None, event("new")),
    "problem_opened": lambda: problem_card(
        view(12, state=ClusterState.PR_OPENED), PROVED, event("opened", what="#45")
    ),
    "problem_ignored": lambda: problem_card(
        view(12, state=ClusterState.IGNORED, state_by="@bo", ignored_reason="third-party"),
        None,
        event("ignored", "@bo", "third-party"),
    ),
    "problem_paused": lambda: with_banner(
        problem_card(view(12), None, event("spike", what="31 times in 3 hours")), PAUSED, NOW
    ),
    "problem_tracked": lambda: tracked_card(view(12), PROVED, event("opened", what="#45")),
    "problem_joined": lambda: joined_card(14, "C-12", readers=Audience.TEAM),
    "problem_history": lambda: event_card(
        event("severity", "@ana", "S2 → S3"), readers=Audience.TEAM
    ),
    "problem_later": lambda: later_card(
        "later:1", "posts were paused by @bo",
        [(view(12), event("new")), (view(14), event("spike", what="31 times in the last 3 hours"))],
        readers=Audience.TEAM,
    ),
    "notify": lambda: notify_card(
        ("This channel",), "severity>=S2 and not source:reddit",
        [(WEEK[0], view(12)), (WEEK[1], view(14))], changed=True, readers=Audience.TEAM,
    ),
    "notify_off": lambda: notify_card(
        ("This channel",), "off", [], changed=True, readers=Audience.TEAM
    ),
    "digest_channel": lambda: digest(compact=True),
    "digest_only": lambda: digest(compact=True, only="severity>=S2", news=[], stale=[], fixed=[]),
    "digest_issue": lambda: digest(compact=False),
    "digest_still": lambda: still_card(SHOP, board(news=[], day=[0])),
}  # fmt: skip


@pytest.mark.parametrize("name", CARDS)
def test_a_card_as_it_is_read(name: str, golden: Callable[[str, str], None], shared: Path) -> None:
    card = CARDS[name]()
    golden(f"{name}.md", render_markdown(card))
    message = render_blocks(card)
    told = {"text": message.text, "blocks": message.blocks}
    assert load_checker(shared, "check_slack").check_message(told) == []
    golden(f"{name}.blocks.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("compact", [True, False])
def test_a_digest_names_each_problem_once(compact: bool) -> None:
    text = render_markdown(digest(compact=compact, stale=[]))
    for number in (12, 14, 17, 23):
        assert text.count(f"`C-{number}`") <= 2, "its row, and its box"
    assert "1 new · 1 escalating · 1 regressed · 1 fixed and verified" in text
