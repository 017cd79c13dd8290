"""What people do to issues, in whatever order GitHub tells of it."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from issue_events import BOT, Event, IssueHistory, cluster, hear, report, work

from bot.context import Context
from bot.domain.models import ClusterState, Project
from bot.storage.overview import GROUPS

_projects = itertools.count(3_000_000)  # a process remembers what it knows of a project


async def install(ctx: Context) -> Project:
    number = next(_projects)  # an installation of its own: none is over its quota
    project = Project(id=number, installation=number, full_name="acme/shop", private=True)
    await ctx.projects.put(project)
    return project


@pytest.fixture
async def history(ctx: Context) -> IssueHistory:
    return IssueHistory(await install(ctx))


async def test_a_bot_neither_settles_a_report_nor_takes_it_up(
    ctx: Context, history: IssueHistory
) -> None:
    p = history.project.id
    await hear(ctx, history.event("opened"), history.closed("not_planned", by=BOT))
    await work(ctx)
    assert (await cluster(ctx, p)).state is ClusterState.NEW
    await hear(ctx, history.closed("completed"))
    await work(ctx)
    await hear(ctx, history.reopened(by=BOT), history.labelled("stale", by=BOT))
    await work(ctx)
    assert (await cluster(ctx, p)).state is ClusterState.RESOLVED
    item = await report(ctx, p)
    assert item is not None
    assert item.tags["labels"] == "stale"


async def test_a_late_delivery_of_an_earlier_state_changes_nothing(
    ctx: Context, history: IssueHistory
) -> None:
    opened, closed, reopened = history.event("opened"), history.closed(), history.reopened()
    await hear(ctx, opened, reopened, closed)
    await work(ctx)
    assert (await cluster(ctx, history.project.id)).state is ClusterState.NEW


async def test_a_run_that_is_under_way_decides_first(ctx: Context, history: IssueHistory) -> None:
    p = history.project.id
    await hear(ctx, history.event("opened"))
    await work(ctx)
    number = (await cluster(ctx, p)).number
    await ctx.clusters.change(p, number, state=ClusterState.FIXING)
    await hear(ctx, history.closed())
    await work(ctx)
    assert (await cluster(ctx, p)).state is ClusterState.FIXING
    await ctx.clusters.change(p, number, state=ClusterState.TRIAGED)
    await hear(ctx, history.labelled("bug"))
    await work(ctx)
    assert (await cluster(ctx, p)).state is ClusterState.RESOLVED


async def test_reopened_while_its_fix_is_watched_it_has_come_back(
    ctx: Context, history: IssueHistory
) -> None:
    p = history.project.id
    await hear(ctx, history.event("opened"))
    await work(ctx)
    number = (await cluster(ctx, p)).number
    await ctx.clusters.change(p, number, state=ClusterState.WATCHING)
    await hear(ctx, history.closed())
    await work(ctx)
    assert (await cluster(ctx, p)).state is ClusterState.WATCHING
    await hear(ctx, history.reopened())
    await work(ctx)
    assert (await cluster(ctx, p)).state is ClusterState.REGRESSED


async def test_a_transferred_issue_is_counted_once(ctx: Context, history: IssueHistory) -> None:
    old, new = history.project, await install(ctx)
    there = IssueHistory(new, number=9)
    moved = history.event("opened"), history.event("transferred")
    came = there.event("opened", changes={"old_issue": history.issue})
    for events in (moved, (came,), (came, *moved)):
        await hear(ctx, *events)
        await work(ctx)
    left, item = await report(ctx, old.id), await report(ctx, new.id, 9)
    assert left is not None
    assert item is not None
    assert (left.gone, item.gone, item.title) == (True, False, history.issue["title"])
    for _ in range(2):
        [was, now] = [await total(ctx, each) for each in (old, new)]
        assert (was, now) == ((0, 0), (1, 1))
        await ctx.overview.rebuild(old.id)
    record = await cluster(ctx, old.id)
    assert (record.state, record.ignored_reason) == (ClusterState.IGNORED, "moved")


async def total(ctx: Context, project: Project) -> tuple[int, int]:
    """Occurrences and reports in all."""
    opened, settled = await ctx.overview.tallies(project.id, GROUPS)
    both = opened + settled
    return both.total, both.reports


def a_history(project: Project, chance: random.Random) -> list[Event]:
    """What may happen to an issue, in the right order."""
    history = IssueHistory(project)
    acts: list[Any] = [
        lambda: history.edited(f"Words {chance.randrange(9)}"),
        lambda: history.labelled(*chance.sample(["bug", "critical", "ui"], chance.randrange(3))),
        lambda: history.commented("It happens to me, too."),
        lambda: history.closed(chance.choice(["completed", "not_planned"])),
        lambda: history.reopened(),
        lambda: history.closed("not_planned", by=BOT),
    ]
    events = [history.event("opened"), *(chance.choice(acts)() for _ in range(chance.randrange(7)))]
    if end := chance.choice(["", "", "transferred", "deleted"]):
        events.append(history.event(end))
    return events


async def outcome(ctx: Context, project: int) -> object:
    """All that the events of an issue can change.

    Except that what comes to a resolved problem brings it back when it is heard of, whenever it
    was written: then a comment that counts and a closing may end either way.
    """
    item = await report(ctx, project)
    if item is None:
        return None
    record = await cluster(ctx, project)
    said = (item.title, item.body, item.tags, item.gone, item.author, record.title)
    [counted] = await ctx.overview.tallies(project, [record.number])
    either_way = record.standing == "completed" and counted.total > 1
    is_open = record.state.is_open or either_way
    why = (record.ignored_reason, record.standing, record.severity)
    return said, await ctx.items.standing(project, item.number), is_open, why, counted


@pytest.mark.parametrize(
    "rounds", [pytest.param(20, id="sample"), pytest.param(1_000, marks=pytest.mark.long)]
)
async def test_every_order_with_repeats_ends_as_the_right_one(ctx: Context, rounds: int) -> None:
    for seed in range(rounds):
        chance = random.Random(seed)
        mixed, right = await install(ctx), await install(ctx)
        events = a_history(right, chance)
        await hear(ctx, *events)
        there = {"installation": {"id": mixed.installation}}
        moved = [
            (n, {**e, **there, "repository": {**e["repository"], "id": mixed.id}})
            for n, e in events
        ]
        moved += chance.choices(moved, k=chance.randrange(4))
        chance.shuffle(moved)
        half = chance.randrange(len(moved) + 1)
        await hear(ctx, *moved[:half])
        await work(ctx)
        await hear(ctx, *moved[half:])
        await work(ctx)
        expected = await outcome(ctx, right.id)
        found = await outcome(ctx, mixed.id)
        # Deleted before it was heard of, there never was a report.
        if found is not None:
            assert found == expected, (seed, [e["action"] for _, e in moved])
        else:
            assert events[-1][1]["action"] in ("deleted", "transferred")


async def test_a_resolved_thread_is_asked_for_no_more(ctx: Context, history: IssueHistory) -> None:
    p = history.project.id
    for action, asked in (("resolved", {"resolved:8"}), ("unresolved", set())):
        thread = {"comments": [{"id": 8}]}
        event = history.event(action, name="pull_request_review_thread", thread=thread)
        await hear(ctx, event)
        assert await ctx.versions.disowned(p, ["resolved:8", "comment:8"]) == asked
