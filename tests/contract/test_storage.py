"""What is stored, on a real Redis: the same call twice, and many at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stored import clusters_of, hours_of

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.errors import NotFound, TooMany
from bot.domain.fixes.run import FixRun
from bot.domain.models import ClusterState, Draft, Person, Place, RunState, Verdict
from bot.storage import keys
from bot.storage.cards import Standing
from bot.storage.commands import Utterance
from bot.storage.inbox import Delivery
from bot.storage.items import Recorded
from bot.storage.leases import LeaseLost
from workers import jobs

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
P = 7


def draft(key: str = "issue:1", event: str = "issue:1", **fields: Any) -> Draft:
    defaults = {"title": "It breaks", "body": "Always.", "occurred_at": NOW}
    return Draft(
        audience=Audience.PROJECT, source="github", key=key, event=event, **defaults | fields
    )


async def total(ctx: Context, item: int) -> int:
    return (await hours_of(ctx, P, [item])).total()


# Items


async def test_an_event_counts_once_however_often_it_is_recorded(ctx: Context) -> None:
    found = await asyncio.gather(*(ctx.items.record(P, draft(), NOW) for _ in range(20)))
    assert {r.item for r in found} == {1}
    assert sum(r.new for r in found) == 1
    assert sum(r.counted for r in found) == 1
    assert await ctx.items.last(P) == 1
    assert await total(ctx, 1) == 1


async def test_other_events_of_a_key_are_occurrences_in_their_hour(ctx: Context) -> None:
    for hour in range(3):
        later = draft(event=f"e{hour}", occurred_at=NOW + timedelta(hours=hour), count=2)
        await ctx.items.record(P, later, NOW)
    assert sorted((await hours_of(ctx, P, [1])).values()) == [2, 2, 2]
    assert await ctx.items.last(P) == 1


async def test_projects_share_nothing(ctx: Context) -> None:
    await ctx.items.record(P, draft(), NOW)
    await ctx.items.record(8, draft(), NOW)
    assert await ctx.items.last(P) == await ctx.items.last(8) == 1
    assert await ctx.items.membership(8) == {}


async def test_the_newest_edit_wins_whatever_the_order(ctx: Context) -> None:
    await ctx.items.record(P, draft(), NOW)
    assert await ctx.items.edit(P, draft(body="second"), NOW + timedelta(seconds=2))
    assert await ctx.items.edit(P, draft(body="first"), NOW + timedelta(seconds=1)) is None
    assert (await ctx.items.get(P, 1)).body == "second"


async def test_an_edit_within_the_second_of_the_opening_counts(ctx: Context) -> None:
    await ctx.items.record(P, draft(), NOW)
    await ctx.items.edit(P, draft(body="at once"), NOW)
    assert (await ctx.items.get(P, 1)).body == "at once"


async def test_what_was_withdrawn_stays_without_words(ctx: Context) -> None:
    await ctx.items.record(P, draft(body="my address"), NOW)
    for _ in range(2):
        assert await ctx.items.withdraw(P, "github", "issue:1") == 1
    assert await ctx.items.edit(P, draft(body="my address"), NOW + timedelta(days=1)) is None
    await ctx.items.record(P, draft(body="my address"), NOW)
    item = await ctx.items.get(P, 1)
    assert item.gone
    assert "address" not in item.model_dump_json()
    assert await total(ctx, 1) == 1


async def test_what_was_withdrawn_before_it_was_heard_of_is_not_taken(ctx: Context) -> None:
    assert await ctx.items.withdraw(P, "github", "issue:1") is None
    assert await ctx.items.record(P, draft(), NOW) == Recorded(0, False, False)
    assert await ctx.items.edit(P, draft(), NOW) is None
    assert await ctx.items.by_key(P, "github", "issue:1") is None
    assert await ctx.items.last(P) == 0
    assert await ctx.items.waiting(P) == []


async def test_an_item_that_is_not_there_is_named(ctx: Context) -> None:
    with pytest.raises(NotFound, match="I-5"):
        await ctx.items.get(P, 5)


# Clusters


async def place(ctx: Context, item: int, cluster: int | None, token: str = "mine") -> int:
    return await ctx.clusters.place(
        P,
        item,
        cluster,
        now=NOW,
        title=f"Problem {item}",
        audience=Audience.PROJECT,
        evidence="{}",
        corrections=0,
        lease="sc:lease:clustering",
        token=token,
    )


async def test_an_item_keeps_the_cluster_it_was_given_first(ctx: Context) -> None:
    await ctx.redis.set("sc:lease:clustering", "mine")
    await ctx.items.record(P, draft(), NOW)
    assert await place(ctx, 1, None) == 1
    assert await place(ctx, 1, None) == 1
    assert await ctx.items.waiting(P) == []
    assert await ctx.clusters.sample(P, 1) == [1]
    assert [c.name for c in await clusters_of(ctx, P)] == ["C-1"]


async def test_only_the_holder_of_the_lease_places(ctx: Context) -> None:
    await ctx.redis.set("sc:lease:clustering", "somebody else")
    await ctx.items.record(P, draft(), NOW)
    with pytest.raises(LeaseLost):
        await place(ctx, 1, None)
    assert await ctx.items.waiting(P) == [1]
    assert await clusters_of(ctx, P) == []


async def test_changes_made_at_once_are_all_kept(ctx: Context) -> None:
    await ctx.redis.set("sc:lease:clustering", "mine")
    await place(ctx, 1, None)
    await asyncio.gather(
        *(
            ctx.clusters.update(
                P,
                1,
                lambda c: {
                    "severity_reasons": (*c.severity_reasons, f"r{len(c.severity_reasons)}")
                },
            )
            for _ in range(12)
        ),
        ctx.clusters.change(P, 1, owner="ana"),
        ctx.clusters.change(P, 1, state=ClusterState.TRIAGED),
    )
    record = await ctx.clusters.get(P, 1)
    assert len(record.severity_reasons) == 12
    assert (record.owner, record.state) == ("ana", ClusterState.TRIAGED)


async def test_a_merged_cluster_is_found_under_its_new_number(ctx: Context) -> None:
    await ctx.redis.set("sc:lease:clustering", "mine")
    await place(ctx, 1, None)
    await place(ctx, 2, None)
    await ctx.clusters.change(P, 1, redirect=2)
    assert (await ctx.clusters.get(P, 1)).number == 2
    assert [c.number for c in await clusters_of(ctx, P)] == [2]


# Commands


def said(command: str = "a", **fields: Any) -> Utterance:
    known: dict[str, Any] = {
        "audience": Audience.TEAM,
        "id": command,
        "project": P,
        "line": "/soulcaster status",
        "person": Person(login="ana"),
        "place": Place(issue=1),
        "heard_at": NOW,
    }
    return Utterance(**{**known, **fields})


HOLDER = {"lease": "sc:lease:queue", "token": "mine"}


async def test_a_command_is_heard_once_and_is_due_until_it_ends(ctx: Context) -> None:
    heard = await asyncio.gather(*(ctx.commands.hear(said()) for _ in range(10)))
    assert sum(heard) == 1
    after = (NOW + timedelta(minutes=3)).timestamp()
    assert await ctx.commands.overdue(P, NOW.timestamp() - 1) == []
    assert await ctx.commands.overdue(P, after) == ["a"]
    await ctx.commands.leave(said())
    await ctx.commands.end(said())
    assert await ctx.commands.overdue(P, after) == []
    assert not await ctx.commands.hear(said())
    assert await ctx.commands.overdue(P, after) == []
    assert await ctx.commands.queued(P, "gh:1") == []


async def test_only_the_holder_of_the_queue_says_how_a_command_stands(ctx: Context) -> None:
    await ctx.commands.hear(said())
    done = said(outcome="done", answer="fine")
    with pytest.raises(LeaseLost):
        await ctx.commands.write(done, **HOLDER)
    assert await ctx.commands.get(P, "a") == said()
    await ctx.redis.set("sc:lease:queue", "mine")
    await ctx.commands.write(done, **HOLDER)
    assert await ctx.commands.get(P, "a") == done


# Fix runs


def run(command: str, cluster: int = 1) -> FixRun:
    return FixRun(
        audience=Audience.TEAM,
        number=0,
        cluster=cluster,
        command=command,
        requested_by="ana",
        agent="mechanic",
        seconds_allowed=60,
        created_at=NOW,
        updated_at=NOW,
    )


async def test_how_a_run_ended_is_counted_once(ctx: Context) -> None:
    made, _ = await ctx.runs.open(P, run("a"))
    ends = {"state": RunState.FAILED, "verdict": Verdict.NOT_REPRODUCED}
    for reason in ("first", "said again"):
        said = {**ends, "reason": reason}
        await ctx.runs.update(P, made.number, lambda r, said=said: r.model_copy(update=said))
    assert await ctx.runs.verdicts() == {Verdict.NOT_REPRODUCED: 1}


async def test_one_run_a_cluster_and_one_a_command(ctx: Context) -> None:
    opened = await asyncio.gather(*(ctx.runs.open(P, run(f"c{n % 3}")) for n in range(12)))
    assert {made.number for made, _ in opened} == {1}
    owner = (await ctx.runs.get(P, 1)).command
    assert all(own is (f"c{n % 3}" == owner) for n, (_, own) in enumerate(opened))
    other, own = await ctx.runs.open(P, run("elsewhere", cluster=2))
    assert (other.number, own) == (2, True)


async def test_when_a_run_has_ended_the_next_may_begin(ctx: Context) -> None:
    first, _ = await ctx.runs.open(P, run("a"))
    ended = {"state": RunState.FAILED}
    await ctx.runs.update(P, first.number, lambda r: r.model_copy(update=ended))
    assert await ctx.runs.active(P, 1) is None
    again, own = await ctx.runs.open(P, run("a"))
    assert (again.number, own) == (1, True), "the same command finds its own run"
    second, own = await ctx.runs.open(P, run("b"))
    assert (second.number, own) == (2, True)


async def test_changes_of_a_run_made_at_once_are_all_kept(ctx: Context) -> None:
    await ctx.runs.open(P, run("a"))
    await asyncio.gather(
        *(
            ctx.runs.update(P, 1, lambda r: r.model_copy(update={"reason": f"{r.reason}."}))
            for _ in range(12)
        )
    )
    assert (await ctx.runs.get(P, 1)).reason == "." * 12


async def test_a_run_is_found_by_its_pull_request(ctx: Context) -> None:
    first, _ = await ctx.runs.open(P, run("a"))
    second, _ = await ctx.runs.open(P, run("b", cluster=2))
    opened = {"pull_request": 7}
    await ctx.runs.update(P, first.number, lambda r: r.model_copy(update=opened))
    assert await ctx.runs.of_pull(P, 8) is None
    opened = {"pull_request": 8}
    await ctx.runs.update(P, second.number, lambda r: r.model_copy(update=opened))
    for _ in ("as it was kept", "made anew"):
        found = [await ctx.runs.of_pull(P, pull) for pull in (7, 8, 9)]
        assert [one and one.number for one in found] == [first.number, second.number, None]
        await ctx.redis.delete(keys.run_pulls(P))
        await ctx.overview.rebuild(P)


async def test_a_cluster_s_runs_are_found_newest_first(ctx: Context) -> None:
    ended = {"state": RunState.FAILED, "verdict": None}
    for command, cluster in (("a", 1), ("b", 2), ("c", 1)):
        made, _ = await ctx.runs.open(P, run(command, cluster=cluster))
        if command == "a":
            await ctx.runs.update(P, made.number, lambda r: r.model_copy(update=ended))
    for _ in ("as it was kept", "made anew"):
        assert [one.number for one in await ctx.runs.of_cluster(P, 1)] == [3, 1]
        assert await ctx.runs.of_cluster(P, 3) == []
        newest = await ctx.runs.newest(P, [1, 2, 3])
        assert {c: one.number for c, one in newest.items()} == {1: 3, 2: 2}
        assert sorted(await ctx.runs.under_way(P)) == [2, 3]
        active = await ctx.runs.active(P, 1)
        assert active is not None
        assert active.number == 3
        await ctx.redis.delete(keys.cluster_runs(P), keys.active_runs(P))
        await ctx.overview.rebuild(P)


async def test_a_card_stands_where_it_was_put(ctx: Context) -> None:
    assert await ctx.cards.get(P, "gh:1", "status") is None
    await ctx.cards.put(P, "gh:1", "status", Standing(id="5", checksum="x"))
    assert await ctx.cards.get(P, "gh:1", "status") == Standing(id="5", checksum="x")
    assert await ctx.cards.get(P, "gh:2", "status") is None


def delivery(body: bytes = b"{}", guid: str = "g") -> Delivery:
    return Delivery(jobs.hear_github.name, {"event": "issues", "guid": guid}, body, 1.0)


async def test_a_delivery_is_stored_with_its_job_once(ctx: Context) -> None:
    taken = await asyncio.gather(*(ctx.inbox.accept(delivery()) for _ in range(8)))
    assert sum(taken) == 1
    assert await ctx.jobs.pending("work") == 1


async def test_a_delivery_that_took_effect_is_not_taken_again(ctx: Context) -> None:
    await ctx.inbox.accept(delivery())
    await ctx.inbox.finish(delivery().row)
    assert not await ctx.inbox.accept(delivery())
    assert await ctx.inbox.read(delivery().row) is None
    assert await ctx.inbox.accept(delivery(body=b'{"other":1}'))


async def test_a_delivery_that_was_given_up_is_tried_again_when_it_is_sent_again(
    ctx: Context,
) -> None:
    await ctx.inbox.accept(delivery())
    claim = await ctx.jobs.claim("work")
    assert claim
    await ctx.jobs.settle(claim, "park", reason="it broke")
    assert (await ctx.jobs.late())["work"] == (0, 0)
    await ctx.inbox.accept(delivery())
    assert (await ctx.jobs.late())["work"][0] == 1
    again = await ctx.jobs.claim("work")
    assert again
    assert again.ids == [delivery().row]


async def test_a_project_with_too_many_waiting_takes_no_more(ctx: Context) -> None:
    def alert(number: int, tenant: int = 7) -> Delivery:
        body = f"{number}".encode()
        return Delivery("hear_alert", {"source": "sentry"}, body, 1.0, tenant=tenant, most=3)

    for number in range(3):
        assert await ctx.inbox.accept(alert(number))
    with pytest.raises(TooMany, match="waiting: come back in 60 s"):
        await ctx.inbox.accept(alert(3))
    assert await ctx.inbox.read(alert(3).row) is None
    assert await ctx.inbox.unread() == {"alerts refused over SOULCASTER_BACKLOG": 1}
    # What is stored already is stored, and another project is not held up.
    assert not await ctx.inbox.accept(alert(1))
    assert await ctx.inbox.accept(alert(3, tenant=8))
    # What was acknowledged and spooled is taken whatever waits.
    await ctx.inbox.accept_all([replace(alert(4), most=0)])
    assert await ctx.inbox.read(alert(4).row)
