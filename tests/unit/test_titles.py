"""What a problem is called, and what two clusters of one name are told apart by."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from factories_cards import tally_of

from bot.domain.audience import Audience
from bot.domain.cards.views.cluster import ClusterView, told_apart
from bot.domain.clusters.titles import clearest, plain, shared_name
from bot.domain.models import Cluster, Frame, Item

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "called"),
    [
        ("[P2] [Triggered] p95 of POST /charges over 9 s", "p95 of POST /charges over 9 s"),
        ("<!channel> checkout is down :fire:", "checkout is down"),
        ("<@U1> **Refunds** pay `back` the net price", "Refunds pay back the net price"),
        ("@ana can't log in", "ana can't log in"),
        ("@everyone 🔥 Export <b>fails</b>", "Export fails"),
        ("## See [the log](https://x.example/1)", "See the log"),
        ("<https://x.example|Crash> on start", "Crash on start"),
        ("[iOS] crash in Vec<T> of @angular/core, a@b.example, __init__ and **/*.py", ""),
        ("<!channel>", ""),
    ],
)
def test_a_title_has_no_mention_no_markup_and_no_monitors_prefix(said: str, called: str) -> None:
    names_itself = said.startswith("[iOS]")
    assert plain(said) == (said if names_itself else called)
    assert plain(plain(said)) == plain(said)


def test_the_oldest_names_it_and_no_stranger_does_after() -> None:
    first, stranger = ("ERR-5021", False), ("Checkout fails with a timeout", False)
    assert clearest([first, stranger], "ERR-5021") == "ERR-5021"
    assert clearest([("", True), first, stranger], "") == "ERR-5021"


def test_who_may_names_it_where_that_is_clearly_better() -> None:
    first, better = ("ERR-5021", False), ("Checkout fails with a timeout", True)
    assert clearest([first, better], "ERR-5021") == better[0]
    newer = ("Checkouts fail with some timeout", True)
    assert clearest([first, better, newer], better[0]) == better[0], "no better than it: it stays"
    assert clearest([first], better[0]) == "ERR-5021", "nobody says it any more"
    assert clearest([first, ("购物车总额少算了最后一件商品", True)], first[0]) != first[0]


def test_what_they_share_is_a_word_or_two_of_their_titles() -> None:
    outage = [
        ("PaymentTimeout: no answer from the provider", "The provider is slow."),
        ("Payment provider: p95 over 9 s", ""),
        ("Checkout spins, then says payment failed", "Is your provider away?"),
    ]
    assert shared_name(outage) == "payment provider"
    assert shared_name([("Acme loses carts", ""), ("Acme: cart is empty", "")]) != "cart"
    acme = [("Acme loses carts", ""), ("Acme: cart is empty", "")]
    assert shared_name(acme, without="acme/shop") == "cart"
    assert shared_name([("Refund is low", ""), ("Photos are gone", "")]) == ""


def view(number: int, source: str, title: str = "UnknownCoupon", **fields: Any) -> ClusterView:
    item = Item(
        number=number, source=source, key=f"k{number}", event="e", audience=Audience.TEAM,
        title=fields.pop("said", title), occurred_at=NOW, created_at=NOW, updated_at=NOW,
        cluster=number, **fields,
    )  # fmt: skip
    cluster = Cluster(
        number=number, audience=Audience.TEAM, title=title, created_at=NOW, updated_at=NOW
    )
    return ClusterView(cluster, [item], tally_of([item]), NOW, Audience.TEAM)


def said(*views: ClusterView) -> list[str]:
    return ["".join(part.text for part in one.unlike) for one in told_apart(views)]


def test_two_of_one_title_are_told_apart() -> None:
    other = view(3, "sentry", "Something else")
    assert said(view(1, "sentry"), view(2, "posthog"), other) == [" (Sentry)", " (PostHog)", ""]
    at = {n: (Frame(path=f"shop/{n}.py"),) for n in ("cart", "till")}
    by_file = said(view(1, "sentry", frames=at["cart"]), view(2, "sentry", frames=at["till"]))
    assert by_file == [" (shop/cart.py)", " (shop/till.py)"]
    assert said(view(1, "sentry", said="Coupon at the till"), view(2, "sentry")) == [
        " (Coupon at the till)",
        " (since 21 Nov)",
    ]


def test_a_cluster_is_shown_without_the_mention_it_was_stored_with() -> None:
    shown = view(1, "github", "<!channel> checkout is down")
    assert shown.cluster.title == "checkout is down"
    hidden = shown.cluster.model_copy(update={"title": "secret"})
    public = ClusterView(hidden, shown.items, shown.tally, NOW, Audience.PUBLIC)
    assert public.cluster.title == "private reports"
