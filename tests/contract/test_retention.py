"""What is old goes, in steps that are small however much there is; the rest stays as it was."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stored import hours_of

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import note
from bot.domain.models import ClusterState, Draft, Person, Place
from bot.say import say
from bot.storage import keys
from bot.storage.answers import JUDGE
from bot.storage.cards import Standing
from bot.storage.commands import Utterance
from bot.storage.inbox import Delivery
from bot.storage.retention import STEP
from handlers.demo.stage import Stage
from workers import jobs
from workers.upkeep import sweep

P = 7
NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
HOUR = int(NOW.timestamp() // 3600)


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


async def round_of(ctx: Context, project: int = P, now: datetime = NOW) -> int:
    """A whole round; how many steps it took."""
    steps = 1
    while await ctx.retention.step(project, now):
        steps += 1
    return steps


async def commands_sent(ctx: Context) -> int:
    told = await ctx.redis.info("commandstats")
    return sum(one["calls"] for name, one in told.items() if name != "cmdstat_info")


async def event(ctx: Context, key: str, at: datetime, count: int = 1) -> int:
    draft = Draft(
        audience=Audience.PROJECT,
        source="sentry",
        key=key,
        event=f"{key}:{at}",
        title="It breaks",
        occurred_at=at,
        count=count,
    )
    return (await ctx.items.record(P, draft, at)).item


async def placed(ctx: Context, item: int, cluster: int | None = None) -> int:
    await ctx.redis.set("sc:lease:test", "mine")
    found = await ctx.clusters.place(
        P,
        item,
        cluster,
        now=NOW,
        title="It breaks",
        audience=Audience.PROJECT,
        evidence="{}",
        corrections=0,
        lease="sc:lease:test",
        token="mine",
    )
    assert found
    await ctx.answers.put(P, JUDGE, item, "{}", lease="sc:lease:test", token="mine")
    return found


def said(name: str, at: datetime, outcome: Any = "done") -> Utterance:
    return Utterance(
        id=name,
        project=P,
        line="/soulcaster status",
        audience=Audience.TEAM,
        person=Person(login="ana"),
        place=Place(issue=1),
        heard_at=at,
        outcome=outcome,
    )


async def hear(ctx: Context, command: Utterance) -> None:
    assert await ctx.commands.hear(command)
    if command.outcome != "heard":
        await ctx.commands.leave(command)
        await ctx.commands.end(command)


# Hours


async def test_old_hours_are_added_up_and_the_sum_stays(ctx: Context) -> None:
    for days, count in ((400, 3), (91, 4), (89, 5), (0, 6)):
        assert await event(ctx, "one", ago(days=days), count) == 1
    await round_of(ctx)
    held = await hours_of(ctx, P, [1])
    assert held == {0: 7, HOUR - 89 * 24: 5, HOUR: 6}
    # One that comes late is added the next time; what was added is not added again.
    await event(ctx, "one", ago(days=95), 2)
    for _ in range(3):
        await round_of(ctx)
    assert await hours_of(ctx, P, [1]) == {**held, 0: 9}


async def test_what_clusters_count_is_added_up_too(ctx: Context) -> None:
    await ctx.redis.set(keys.counter(P, "cluster"), 1)
    for of in (1, "open"):
        counts = {"1": 2, str(HOUR): 3, "sentry|team": 4}
        await ctx.redis.hset(keys.tally(P, of), mapping=counts)
    await round_of(ctx)
    for tally in await ctx.overview.tallies(P, (1, "open")):
        assert tally.hours == {0: 2, HOUR: 3}
        assert tally.reports == 4


async def test_only_numbers_are_hours(ctx: Context) -> None:
    mixed = {"1": 2, str(HOUR): 3, "sentry|team": 4}
    await ctx.redis.hset("sc:7:occ:9", mapping=mixed)
    await ctx.retention.fold(["sc:7:occ:9"], NOW)
    found = {name.decode(): int(n) for name, n in (await ctx.redis.hgetall("sc:7:occ:9")).items()}
    assert found == {"0": 2, str(HOUR): 3, "sentry|team": 4}


async def test_no_event_is_lost_while_hours_are_added_up(ctx: Context) -> None:
    async def come(part: int) -> None:
        for n in range(50):
            await event(ctx, "one", ago(days=100, minutes=part * 50 + n))

    async def fold() -> None:
        for _ in range(50):
            await round_of(ctx)

    await asyncio.gather(come(0), come(1), fold(), fold())
    assert sum((await hours_of(ctx, P, [1])).values()) == 100


# Commands


async def test_a_command_goes_when_it_has_ended_long_ago(ctx: Context) -> None:
    for name, at, outcome in (
        ("old", ago(days=91), "done"),
        ("new", ago(days=89), "refused"),
        ("waits", ago(days=400), "heard"),
    ):
        await hear(ctx, said(name, at, outcome))
        await ctx.redis.hset(keys.run_keys(P), name, 1)
    # Answered, but that has not been shown yet.
    late = said("late", ago(days=91))
    await ctx.commands.hear(late)
    await round_of(ctx)
    assert await ctx.commands.get(P, "old") is None
    for name in ("new", "waits", "late"):
        assert await ctx.commands.get(P, name)
    assert not await ctx.redis.hexists(keys.run_keys(P), "old")
    assert await ctx.redis.hlen(keys.run_keys(P)) == 2
    # As long as anybody may say it again, it is known.
    assert not await ctx.commands.hear(said("new", NOW))


async def test_a_step_is_as_small_among_50_000_commands(ctx: Context) -> None:
    async def fill(first: int, last: int) -> None:
        rows = {str(n): said(str(n), ago(days=91)).model_dump_json() for n in range(first, last)}
        await ctx.redis.hset(keys.commands(P), mapping=rows)

    async def costs(steps: int) -> int:
        """Redis commands of the dearest of so many steps, what the scripts do included."""
        dearest = 0
        for _ in range(steps):
            before = await commands_sent(ctx)
            await ctx.retention.step(P, NOW)
            dearest = max(dearest, await commands_sent(ctx) - before)
        return dearest

    await fill(0, 1_000)
    few = await costs(4)
    await ctx.redis.delete(keys.commands(P), keys.sweep(P))
    await fill(0, 50_000)
    many = await costs(12)
    # Two for each command that goes, and a handful for the step; a bucket may hold some more.
    assert max(few, many) <= 2 * (2 * STEP) + 10
    left = await ctx.redis.hlen(keys.commands(P))
    assert 50_000 - 12 * 2 * STEP <= left <= 50_000 - 8 * STEP


async def test_a_round_goes_on_where_a_dead_process_left_it(ctx: Context, other: Context) -> None:
    rows = {str(n): said(str(n), ago(days=91)).model_dump_json() for n in range(3 * STEP)}
    await ctx.redis.hset(keys.commands(P), mapping=rows)
    await ctx.retention.step(P, NOW)  # hours
    await ctx.retention.step(P, NOW)
    stood = await ctx.redis.get(keys.sweep(P))
    left = await ctx.redis.hlen(keys.commands(P))
    assert 0 < left < len(rows)
    # It died before it could say so: the step is taken again, and harms nothing.
    await other.retention.step(P, NOW)
    await ctx.redis.set(keys.sweep(P), stood)
    await round_of(other)
    assert await ctx.redis.exists(keys.commands(P), keys.sweep(P)) == 0


async def test_what_was_written_since_it_was_read_stays(ctx: Context) -> None:
    await ctx.redis.hset("sc:7:cards", mapping={"gh:1|a": "read", "gh:1|b": "newer"})
    await ctx.scripts.run("drop", ["sc:7:cards"], ["gh:1|a", "read", "gh:1|b", "read", "c", "x"])
    assert await ctx.redis.hgetall("sc:7:cards") == {b"gh:1|b": b"newer"}


# Cards


async def test_where_a_card_stands_is_forgotten_in_time(ctx: Context) -> None:
    for place, days in (("gh:3", 91), ("gh:5", 91), ("gh:9", 1), ("slack:C1:", 91)):
        at = ago(days=days).timestamp()
        await ctx.cards.put(P, place, "status", Standing(id="1", checksum="x", at=at))
    await round_of(ctx)
    unknown = Standing(id="", checksum="")
    # In what is as old as a card that was forgotten there may be one; elsewhere there is none.
    for place in ("gh:1", "gh:3", "gh:5", "slack:C1:", f"slack:C1:{ago(days=92).timestamp()}"):
        assert await ctx.cards.get(P, place, "status") == unknown
    for place in ("gh:6", "slack:C2:", f"slack:C1:{NOW.timestamp()}"):
        assert await ctx.cards.get(P, place, "status") is None
    held = await ctx.cards.get(P, "gh:9", "status")
    assert held
    assert held.id == "1"


@pytest.mark.parametrize("where", ["github", "slack"])
async def test_a_card_that_was_forgotten_is_edited_and_not_posted_again(
    stage: Stage, where: str
) -> None:
    ctx, project = stage.context, await stage.project()
    await stage.person("/issues", login="ines-ferreira", title="It breaks", body="Always.")
    place = Place(issue=1) if where == "github" else Place(channel=stage.channel)
    stands = set()
    for words in ("chalk", "cheese"):
        card = note("status:C-1", words, audience=Audience.PUBLIC)
        stands.add(await say(ctx, project, place, card))
        await round_of(ctx, project.id, ctx.now() + timedelta(days=91))
        assert await ctx.redis.hlen(keys.cards(project.id)) == 0
    assert len(stands) == 1
    state = str(await (stage.github_state() if where == "github" else stage.slack_state()))
    assert "cheese" in state
    assert "chalk" not in state


# Evidence, threads, parked jobs


async def test_evidence_goes_a_year_after_its_cluster_was_over(ctx: Context) -> None:
    states = {
        1: (ClusterState.RESOLVED, 366),
        2: (ClusterState.RESOLVED, 364),
        3: (ClusterState.TRIAGED, 900),
        4: (ClusterState.IGNORED, 366),
    }
    for n, (state, days) in states.items():
        assert await placed(ctx, await event(ctx, f"k{n}", NOW)) == n
        await ctx.clusters.change(P, n, state=state, updated_at=ago(days=days))
    await round_of(ctx)
    for n in states:
        kept = n in (2, 3)
        assert bool(await ctx.clusters.evidence(P, n)) == kept
        assert bool(await ctx.answers.get(P, JUDGE, n)) == kept
        assert (await ctx.clusters.get(P, n)).number == n, "the record stays"
    assert await ctx.items.last(P) == len(states)


async def test_threads_are_known_while_they_are_new_or_their_cluster_is_open(ctx: Context) -> None:
    for n, state in ((1, ClusterState.TRIAGED), (2, ClusterState.RESOLVED)):
        await placed(ctx, await event(ctx, f"k{n}", NOW))
        await ctx.clusters.change(P, n, state=state, updated_at=ago(days=1))
    old, new = ago(days=91).timestamp(), ago(days=89).timestamp()
    for channel, ts, cluster in (
        *(("open", old, 1), ("over", old, 2), ("several", old, 0)),
        *(("none", old, None), ("new", new, 2)),
    ):
        await ctx.channels.set_about(channel, str(ts), P, cluster)
    await round_of(ctx, 0)
    held = {name.decode().split(":")[0] for name in await ctx.redis.hkeys(keys.threads())}
    assert held == {"open", "new"}


async def test_what_was_given_up_is_remembered_until_it_is_too_old(ctx: Context) -> None:
    for name, kept in (
        ("old", f"{ago(days=31):%Y-%m-%dT%H:%M:%SZ} e-12AB x"),
        ("new", f"{ago(days=29):%Y-%m-%dT%H:%M:%SZ} e-12AC x"),
    ):
        for lane in ("people", "work", "fixes"):
            await ctx.redis.hset(keys.parked(lane), f'["{name}"]', kept)
    await round_of(ctx, 0)
    for lane in ("people", "work", "fixes"):
        assert [one.name for one in await ctx.jobs.parked(lane)] == ["new"]


async def test_the_job_takes_some_steps_and_asks_for_the_rest(ctx: Context) -> None:
    rows = {str(n): said(str(n), ago(days=91)).model_dump_json() for n in range(30 * STEP)}
    await ctx.redis.hset(keys.commands(P), mapping=rows)
    for _ in range(5):
        await sweep.forget_old(ctx, P)
    assert await ctx.redis.exists(keys.commands(P)) == 0
    assert await ctx.jobs.pending("work") == 1
    row = Delivery(jobs.hear_alert.name, {}, b"{}", 1.0, tenant=P)
    await ctx.inbox.accept(row)
    assert await ctx.redis.hget(keys.inbox(row.row), "tenant") == b"7"
