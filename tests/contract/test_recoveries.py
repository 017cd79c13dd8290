"""Recovered alerts, events that are told twice, and what later events bring."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stored import hours_of

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.views.cluster import cluster_card
from bot.domain.models import ClusterState, Draft, Frame, Project, Watch
from bot.storage.inbox import Delivery
from workers import jobs, worker
from workers.clusters.views import cluster_view
from workers.fixes.watch import judge_watch
from workers.hearing.alerts import hear_alert
from workers.intake.items import take

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
P = 7
PROJECT = Project(id=P, installation=1, full_name="acme/shop")


def draft(event: str = "e1", minutes: int = 0, **fields: Any) -> Draft:
    told = {"title": "Disk is full", "occurred_at": NOW + timedelta(minutes=minutes), **fields}
    return Draft(audience=Audience.TEAM, source="sentry", key="9", event=event, **told)


async def total(ctx: Context) -> int:
    return (await hours_of(ctx, P, [1])).total()


async def placed(ctx: Context) -> int:
    """The cluster of the one report, once a worker has done what is due."""
    jobs.load()
    await worker.drain(ctx, "work")
    return (await ctx.items.get(P, 1)).cluster or 0


async def hear(ctx: Context, source: str, payload: object) -> None:
    await ctx.projects.put(PROJECT)
    meta = {"source": source, "project": str(P), "hook": "h", "content-type": "application/json"}
    body = json.dumps(payload).encode()
    delivery = Delivery(jobs.hear_alert.name, meta, body, NOW.timestamp() + 3600, tenant=P)
    await ctx.inbox.accept(delivery)
    await hear_alert(ctx, delivery.row)


def firing(status: str = "firing", **fields: str) -> dict[str, Any]:
    alert = {
        "status": status,
        "labels": {"alertname": "DiskFull", "host": "db-1"},
        "annotations": {"summary": "Disk is full"},
        "startsAt": "2026-11-21T10:00:00Z",
        "endsAt": "2026-11-21T10:20:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
        "fingerprint": "f1",
        **fields,
    }
    return {"status": status, "alerts": [alert]}


@pytest.mark.parametrize(
    "order", list(itertools.permutations([("seen", 10), ("over", 20), ("seen", 30), ("over", 40)]))
)
async def test_the_order_of_delivery_changes_nothing(
    ctx: Context, order: tuple[tuple[str, int], ...]
) -> None:
    await ctx.items.record(P, draft(), NOW)
    for word, minute in (*order, *order):
        if word == "seen":
            await ctx.items.record(P, draft(f"at {minute}", minute), NOW)
        else:
            at = NOW + timedelta(minutes=minute)
            assert await ctx.items.recover(P, "sentry", "9", at) == 1
    assert (await ctx.items.get(P, 1)).recovered_at == NOW + timedelta(minutes=40)
    await ctx.items.record(P, draft("again", 50), NOW)
    assert (await ctx.items.get(P, 1)).recovered_at is None
    assert await total(ctx) == 4, "a recovery is no occurrence"


async def test_the_end_of_something_unknown_makes_nothing(ctx: Context) -> None:
    assert await ctx.items.recover(P, "sentry", "9", NOW) is None
    await hear(ctx, "alertmanager", firing("resolved"))
    assert await ctx.items.last(P) == 0


async def test_a_resolved_alert_is_said_on_the_card_and_a_new_one_reopens_it(ctx: Context) -> None:
    await hear(ctx, "alertmanager", firing())
    await hear(ctx, "alertmanager", firing(generatorURL="https://prometheus/again"))
    assert await total(ctx) == 1, "a group that is sent again is no occurrence"
    await hear(ctx, "alertmanager", firing("resolved"))
    item = await ctx.items.get(P, 1)
    assert item.recovered_at == datetime(2026, 11, 21, 10, 20, tzinfo=UTC)
    number = await placed(ctx)
    view = await cluster_view(ctx, PROJECT, number, readers=Audience.TEAM)
    [fact] = [fact for fact in cluster_card(view).facts if fact.label == "Recovered"]
    assert fact.value == ("1 of 1, the last on 21 Nov 10:20 UTC",)
    await hear(ctx, "alertmanager", firing(startsAt="2026-11-21T10:40:00Z"))
    assert (await ctx.items.get(P, 1)).recovered_at is None
    assert await total(ctx) == 2


@pytest.mark.parametrize(
    ("status", "state"),
    [("firing", ClusterState.REGRESSED), ("resolved", ClusterState.RESOLVED)],
)
async def test_an_alert_that_is_still_open_ends_the_watch_as_regressed(
    ctx: Context, status: str, state: ClusterState
) -> None:
    await hear(ctx, "alertmanager", firing())
    number = await placed(ctx)
    merged = datetime(2026, 11, 21, 10, 10, tzinfo=UTC)
    watch = Watch(pull=45, since=merged, until=ctx.now())
    await ctx.clusters.change(P, number, state=ClusterState.WATCHING, watch=watch)
    await hear(ctx, "alertmanager", firing(status))
    await judge_watch(ctx, P, number)
    assert (await ctx.clusters.get(P, number)).state is state


@pytest.mark.parametrize("first", [0, 1])
async def test_an_event_that_is_told_twice_counts_once(ctx: Context, first: int) -> None:
    at = NOW.isoformat()
    told = [draft("9:created", told_at=at, announces=True), draft("0d1e", told_at=at)]
    for each in (told[first], told[1 - first], *told):
        await ctx.items.record(P, each, NOW)
    assert await total(ctx) == 1
    later = NOW + timedelta(milliseconds=1)
    await ctx.items.record(P, draft("0d1f", told_at=later.isoformat()), NOW)
    assert await total(ctx) == 2


async def test_events_of_one_moment_all_count(ctx: Context) -> None:
    for event in ("a", "b", "c"):
        await ctx.items.record(P, draft(event, told_at=NOW.isoformat()), NOW)
    assert await total(ctx) == 3


async def test_a_later_event_brings_what_was_not_known(ctx: Context) -> None:
    await take(ctx, P, draft(people=2, release="2.3"))
    frame = Frame(path="shop/cart.py", function="total", line=12)
    brought = {"frames": (frame,), "fingerprint": "cart", "url": "https://sentry/9", "people": 5}
    for _ in range(2):
        await take(ctx, P, draft("e2", release="2.4", body="other words", **brought))
    item = await ctx.items.get(P, 1)
    assert item.model_dump(include=set(brought)) == draft(**brought).model_dump(
        include=set(brought)
    )
    assert (item.release, item.body) == ("2.3", ""), "what is known stays"
    assert await total(ctx) == 2


async def test_a_deleted_report_is_not_filled_again(ctx: Context) -> None:
    await take(ctx, P, draft())
    await ctx.items.withdraw(P, "sentry", "9")
    await take(ctx, P, draft("e2", url="https://sentry/9"))
    assert (await ctx.items.get(P, 1)).url == ""
