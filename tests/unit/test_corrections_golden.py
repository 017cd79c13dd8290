"""What people read before and after they correct the clustering, as files read in review."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from bot.domain.audience import Audience
from bot.domain.cards.card import Action, Card
from bot.domain.cards.views.correction import Seen, done_card, history_card, preview_card
from bot.domain.cards.views.suggestion import Settled, suggestion_card
from bot.domain.cards.views.why import Compared, Explanation, why_card
from bot.domain.clusters.corrections import Logged, StateChange, partition, propose
from bot.domain.clusters.engine import Links, Report
from bot.domain.clusters.engine.operations import (
    ClusterChange,
    Clustering,
    LogEntry,
    Operation,
    merge,
)
from bot.domain.clusters.engine.reasons import reasons
from bot.domain.clusters.evidence import Because, Near
from bot.domain.clusters.judgement import Judged, Judgement, author
from bot.domain.models import Cluster, ClusterState, Frame, Item
from bot.render import render_blocks, render_markdown

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
ENTRY = LogEntry(7, "@ana", NOW)
_TEXTS: dict[int, dict[str, Any]] = {
    1: {"title": "Cart total drops the last item", "body": "It counts all but the last item."},
    2: {"title": "Total is too low", "body": "My cart total misses one item since the update."},
    3: {
        "title": "IndexError in total",
        "source": "sentry",
        "body": "IndexError: list index out of range",
        "url": "",
        "audience": "team",
    },
    4: {
        "title": "Wrong *sum* in the cart <!-- x -->",
        "body": "The cart total drops the last item when there are two.\n"
        "IndexError: list index out of range",
    },
}  # fmt: skip
FRAMES = (
    Frame(path="shop/cart.py", function="checkout", line=40),
    Frame(path="shop/cart.py", function="total", line=12),
)


def item(number: int, cluster: int, **fields: Any) -> Item:
    told = {
        "audience": "project",
        "source": "github",
        "url": f"https://github.com/acme/shop/issues/{number}",
    }
    return Item(
        number=number, key=f"issue:{number}", event="e", occurred_at=NOW, created_at=NOW,
        updated_at=NOW, cluster=cluster, **told | _TEXTS[number] | fields,
    )  # fmt: skip


def cluster(number: int, title: str, state: ClusterState = ClusterState.TRIAGED) -> Cluster:
    return Cluster(
        audience=Audience.TEAM,
        number=number,
        title=title,
        state=state,
        created_at=NOW,
        updated_at=NOW,
    )


ITEMS = {n: item(n, 12 if n < 3 else 31) for n in _TEXTS}
CLUSTERS = {12: cluster(12, "Cart total drops the last item"), 31: cluster(31, "IndexError")}
STATE = Clustering({1: 12, 2: 12, 3: 31, 4: 31}, links=Links.of(cannot=[(1, 4)]))
REGRESSED = StateChange(cluster=12, before=ClusterState.RESOLVED, after=ClusterState.REGRESSED)


def merge_preview() -> Card:
    proposal = propose(STATE, merge(STATE, [31], 12, ENTRY))
    seen = Seen(ITEMS, CLUSTERS, readers=Audience.PROJECT, regressed=(REGRESSED,))
    return preview_card("correction:a", "merge C-31 into C-12", proposal, seen, changed=True)


def split_preview() -> Card:
    state = Clustering({1: 12, 2: 12, 3: 12, 4: 12}, links=Links.of(must=[(1, 4)]))
    proposal = propose(state, partition(state, [[1, 2], [4], [3]], ENTRY))
    seen = Seen({n: item(n, 12) for n in _TEXTS}, CLUSTERS, readers=Audience.TEAM)
    return preview_card("correction:b", "split C-12 --by=source", proposal, seen)


def merged() -> Card:
    operation = propose(STATE, merge(STATE, [31], 12, ENTRY)).operation
    logged = Logged(operation=operation, said="merge C-31 into C-12", command="c")
    return done_card("correction:a", logged, Seen(ITEMS, CLUSTERS, readers=Audience.TEAM))


def history() -> Card:
    operation = propose(STATE, merge(STATE, [31], 12, ENTRY)).operation
    first = Logged(operation=operation, said="merge C-31 into C-12", command="c")
    undo = operation.model_copy(update={"number": 8, "verb": "undo", "undoes": 7, "by": "@bo"})
    log = [first, Logged(operation=undo, said="undo 7", command="d")]
    following = Action("Page 2 of 2", "history C-12 --page=2")
    return history_card("C-12", log, shown=log[::-1], actions=(following,), readers=Audience.TEAM)


def near(number: int, score: float, **fields: Any) -> Near:
    parts = (("meaning", 2.1), ("title here", 1.2), ("crowd", -0.9), ("size", -0.4))
    return Near(item=number, cluster=12, score=score, similarity=0.7, parts=parts, **fields)


def report(told: Item) -> Report:
    return Report(told.number, told.source, told.title, told.body, NOW, frames=FRAMES)


def compared(ours: Item, theirs: Item, score: float, verdict: str = "", **fields: Any) -> Compared:
    found = reasons(report(ours), report(theirs))
    said = None
    if verdict == "unsure":
        said = Judgement(other=theirs.number, verdict="unsure")
    elif verdict:
        said = Judgement.model_validate(
            {"other": theirs.number, "verdict": verdict, "ours": ours.title, "theirs": theirs.body}
        )
    return Compared(near(theirs.number, score, **fields), theirs, found, said)


def why() -> Card:
    operation = propose(STATE, merge(STATE, [31], 12, ENTRY)).operation
    logged = Logged(operation=operation, said="merge C-31 into C-12", command="c")
    joined = Explanation(
        item=item(4, 12),
        because=Because(action="join", joined=1, obeyed=("I-9 is not the same: somebody said so",)),
        joined=compared(ITEMS[4], ITEMS[1], 0.93),
        others=(compared(ITEMS[4], ITEMS[2], 0.5),),
        rejected=compared(ITEMS[4], item(3, 31), 1.0, repeat=True),
        corrections=(logged,),
        together=(1, 2),
        apart=(9,),
        contradictions=((4, 2, 9),),
    )
    alone = Explanation(item=ITEMS[3], because=Because(action="new"))
    return why_card("C-12", [joined, alone], readers=Audience.PROJECT, more=2)


def by_the_model() -> Logged:
    operation = Operation(
        number=8, verb="merge", by=author("gemini-3.5-flash"), at=NOW,
        items=(ClusterChange(number=4, before=31, after=12),),
    )  # fmt: skip
    return Logged(operation=operation, said="I-4 is the same as I-1", command="judge:I-4")


def why_judged(*, readers: Audience = Audience.PROJECT) -> Card:
    joined = Explanation(
        item=item(4, 12),
        because=Because(action="suggest"),
        others=(
            compared(ITEMS[4], ITEMS[1], 0.64, "same"),
            compared(ITEMS[4], ITEMS[2], 0.3, "different"),
            compared(ITEMS[4], item(2, 40, title="Sum *too* low", body="Too low."), 0.2, "unsure"),
        ),
        rejected=compared(ITEMS[4], item(3, 31), 0.15, "different"),
        corrections=(by_the_model(),),
    )
    waits = Judged(
        audience=Audience.TEAM,
        model="m",
        at=NOW,
        problem="Gemini answered 503; try again.",
        again=True,
    )
    used = Judged(
        audience=Audience.TEAM,
        model="m",
        at=NOW,
        problem="today's budget of 200 is used up (JUDGE_BUDGET)",
    )
    later = Explanation(item=ITEMS[2], because=Because(action="suggest"), judged=waits)
    never = Explanation(item=ITEMS[1], because=Because(action="new"), judged=used)
    return why_card("C-12", [joined, later, never], readers=readers)


def why_judged_in_private() -> Card:
    return why_judged(readers=Audience.TEAM)


def history_of_the_model() -> Card:
    log = [by_the_model()]
    return history_card("C-12", log, shown=log, readers=Audience.TEAM)


def suggestion() -> Card:
    settled = Settled(alike=False, other=2, cluster=40, by="@bo", operation=3)
    ours = ITEMS[4]
    open_ = (compared(ours, ITEMS[1], 0.64, "unsure"), compared(ours, item(3, 31), 0.3, "same"))
    return suggestion_card(ours, open_, (settled,), readers=Audience.TEAM)


def suggestion_settled() -> Card:
    settled = Settled(alike=True, other=1, cluster=12, by="@ana", operation=7)
    return suggestion_card(ITEMS[4], (), (settled,), readers=Audience.TEAM)


CARDS = MappingProxyType(
    {
        made.__name__: made
        for made in (
            merge_preview,
            split_preview,
            merged,
            history,
            why,
            why_judged,
            why_judged_in_private,
            history_of_the_model,
            suggestion,
            suggestion_settled,
        )
    }
)


@pytest.mark.parametrize("name", CARDS)
def test_a_card_on_github(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"correction_{name}.md", render_markdown(CARDS[name]()))


@pytest.mark.parametrize("name", CARDS)
def test_a_card_in_slack(name: str, golden: Callable[[str, str], None]) -> None:
    message = render_blocks(CARDS[name]())
    told = {"text": message.text, "blocks": message.blocks}
    golden(f"correction_{name}.blocks.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("name", ["merge_preview", "why", "why_judged"])
def test_nothing_private_is_quoted_in_public(name: str) -> None:
    written = render_markdown(CARDS[name]())
    assert "I-3" in written
    assert _TEXTS[3]["title"] not in written
    assert CLUSTERS[31].title not in written
