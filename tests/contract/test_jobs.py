"""The to-do list: nothing lost, nothing twice, whoever dies."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from redis.exceptions import ResponseError

from bot import jobs
from bot.context import Context, open_context
from bot.domain.errors import Rejected, Unavailable
from bot.jobs import CLAIM, QUEUES, Job, Parked, enqueue
from bot.settings import Settings
from bot.storage.embedded import EmbeddedRedis
from bot.storage.leases import LeaseLost
from workers.worker import WIDTH, drain, perform, work

RAN: list[tuple] = []
SAID = Job(f"{__name__}:said", lane="people")
NOTE_DOWN = Job(f"{__name__}:note_down", tries=3)
ASKS_AGAIN = Job(f"{__name__}:asks_again", tries=3)
BREAKS = Job(f"{__name__}:breaks", tries=2)
SLOW = Job(f"{__name__}:slow", tries=3)
RUN = Job(f"{__name__}:run", lane="fixes")


async def note_down(ctx: Context, *ids: int) -> None:
    RAN.append(ids)


async def asks_again(ctx: Context, number: int) -> None:
    RAN.append((number,))
    if len(RAN) == 1:
        await enqueue(ctx, ASKS_AGAIN, number)


async def breaks(ctx: Context, kind: str) -> None:
    RAN.append((kind,))
    if kind.endswith("rejected"):
        raise Rejected("no")
    if kind == "away":
        raise ResponseError("MISCONF Redis is configured to save, but cannot")
    if kind == "unavailable":
        raise Unavailable("later", retry_after=0.01)
    raise ValueError(kind)


async def slow(ctx: Context, number: int) -> None:
    RAN.append((number, "began"))
    await until(lambda: (number, "may end") in RAN)
    RAN.append((number, "ended"))


async def run(ctx: Context, number: int) -> None:
    await slow(ctx, number)


async def said(ctx: Context, number: int) -> None:
    RAN.append((number, "said"))


async def until(so: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(RAN)


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    RAN.clear()


async def test_a_job_runs_once_however_often_it_is_asked_for(ctx: Context) -> None:
    for _ in range(5):
        await enqueue(ctx, NOTE_DOWN, 1, 2)
    await drain(ctx, "work")
    await drain(ctx, "work")
    assert RAN == [(1, 2)]


async def test_a_job_asked_for_while_it_runs_runs_again(ctx: Context) -> None:
    await enqueue(ctx, ASKS_AGAIN, 7)
    await drain(ctx, "work")
    assert RAN == [(7,), (7,)]


async def test_a_long_job_keeps_no_other_waiting(ctx: Context) -> None:
    await enqueue(ctx, SLOW, 1)
    draining = asyncio.create_task(drain(ctx, "work"))
    await until(lambda: (1, "began") in RAN)
    await enqueue(ctx, NOTE_DOWN, 2)
    await until(lambda: (2,) in RAN)
    RAN.append((1, "may end"))
    await draining
    assert RAN == [(1, "began"), (2,), (1, "may end"), (1, "ended")]


async def test_a_later_job_waits(ctx: Context) -> None:
    await enqueue(ctx, NOTE_DOWN, 1, delay=60)
    await drain(ctx, "work")
    assert RAN == []
    await enqueue(ctx, NOTE_DOWN, 1)
    await drain(ctx, "work")
    assert RAN == [(1,)]


async def test_a_job_that_asks_for_itself_later_waits(ctx: Context) -> None:
    await enqueue(ctx, NOTE_DOWN, 1)
    claim = await ctx.jobs.claim("work")
    assert claim
    await enqueue(ctx, NOTE_DOWN, 1, delay=60)
    await ctx.jobs.settle(claim, "done")
    assert await ctx.jobs.claim("work") is None
    # Somebody else's word for now is not lost behind it, however often it is put off.
    await enqueue(ctx, NOTE_DOWN, 1)
    claim = await ctx.jobs.claim("work")
    assert claim
    await enqueue(ctx, NOTE_DOWN, 1)
    await enqueue(ctx, NOTE_DOWN, 1, delay=60)
    await ctx.jobs.settle(claim, "done")
    assert await ctx.jobs.claim("work")


async def test_two_drains_never_share_a_job(ctx: Context) -> None:
    for number in range(50):
        await enqueue(ctx, NOTE_DOWN, number)
    await asyncio.gather(*(drain(ctx, "work") for _ in range(4)))
    assert sorted(RAN) == [(n,) for n in range(50)]


async def test_projects_take_turns(ctx: Context) -> None:
    for number in range(40):
        await enqueue(ctx, NOTE_DOWN, 1, number)
    for number in range(3):
        await enqueue(ctx, NOTE_DOWN, 2, number)
    first = [await ctx.jobs.claim("work") for _ in range(6)]
    assert [claim.ids[0] for claim in first if claim] == [1, 2, 1, 2, 1, 2]


async def test_what_people_said_waits_behind_no_machine(ctx: Context) -> None:
    running: list[str] = []
    for number in range(40):
        await enqueue(ctx, NOTE_DOWN, 1, number)
    await enqueue(ctx, SAID, 1)
    while not running:
        running += [lane for lane in QUEUES["work"] if await ctx.jobs.claim(lane)]
    assert running[0] == "people"


async def test_a_full_lane_leaves_room_in_the_other(ctx: Context) -> None:
    for number in range(WIDTH["work"] + 4):
        await enqueue(ctx, SLOW, number)
    draining = asyncio.create_task(drain(ctx, "work"))
    await until(lambda: len(RAN) == WIDTH["work"])
    await enqueue(ctx, SAID, 1)
    await until(lambda: (1, "said") in RAN)
    assert not any(each[1:] == ("ended",) for each in RAN)
    draining.cancel()
    await asyncio.gather(draining, return_exceptions=True)


async def test_a_fixer_takes_as_many_runs_at_once_as_it_is_told(ctx: Context) -> None:
    for number in range(3):
        await enqueue(ctx, RUN, number)
    for told in (1, 2):
        ctx.settings = ctx.settings.model_copy(update={"soulcaster_fixes_at_once": told})
        RAN.clear()
        draining = asyncio.create_task(drain(ctx, "fixes"))
        await until(lambda told=told: len(RAN) >= told)
        await asyncio.sleep(0.3)
        assert len(RAN) == told
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)


async def test_a_dead_workers_job_is_taken_up_when_its_lease_ends(ctx: Context) -> None:
    await enqueue(ctx, NOTE_DOWN, 1)
    assert await ctx.jobs.claim("work")  # and dies
    assert (await ctx.jobs.late())["work"][0] == 0
    await drain(ctx, "work")
    assert RAN == []
    await asyncio.sleep(3.1)
    assert (await ctx.jobs.late())["work"][0] == 1
    await drain(ctx, "work")
    assert RAN == [(1,)]


async def test_who_lost_the_lease_is_stopped_and_settles_nothing(ctx: Context) -> None:
    await enqueue(ctx, SLOW, 1)
    claim = await ctx.jobs.claim("work")
    assert claim
    running = asyncio.create_task(perform(ctx, claim))
    await until(lambda: (1, "began") in RAN)
    await ctx.redis.set(claim.lease, "somebody else")
    await running
    assert RAN == [(1, "began")]
    assert await ctx.jobs.pending("work") == 1


async def test_who_was_overtaken_settles_nothing(ctx: Context) -> None:
    await enqueue(ctx, NOTE_DOWN, 1)
    late = await ctx.jobs.claim("work")
    assert late
    await ctx.redis.delete(late.lease)  # it ran out
    holder = await ctx.jobs.claim("work")
    assert holder
    for outcome in ("done", "again", "park"):
        assert await ctx.jobs.settle(late, outcome) == -1
    assert await ctx.redis.get(holder.lease) == holder.token.encode()
    assert await ctx.jobs.pending("work") == 1
    assert await ctx.jobs.parked("work") == []
    assert await ctx.jobs.settle(holder, "done") == 1


async def test_a_held_lease_is_renewed(ctx: Context) -> None:
    async with ctx.leases.hold("thing") as token:
        assert token
        await asyncio.sleep(4)
        async with ctx.leases.hold("thing") as second:
            assert second is None
    async with ctx.leases.hold("thing") as third:
        assert third


async def test_who_was_overtaken_leaves_the_lease_to_its_holder(ctx: Context) -> None:
    async with ctx.leases.hold("thing") as token:
        assert token
        await ctx.redis.set("sc:lease:thing", "somebody else")
    assert await ctx.redis.get("sc:lease:thing") == b"somebody else"


@pytest.mark.parametrize("holder", ["nobody", "somebody else"])
async def test_losing_a_lease_stops_the_block(ctx: Context, holder: str) -> None:
    async def work() -> None:
        async with ctx.leases.hold("thing"):
            if holder == "nobody":
                await ctx.redis.delete("sc:lease:thing")
            else:
                await ctx.redis.set("sc:lease:thing", holder)
            await asyncio.sleep(5)

    with pytest.raises(LeaseLost):
        await work()


async def test_a_job_that_keeps_failing_is_parked_with_its_reason(ctx: Context) -> None:
    await enqueue(ctx, BREAKS, "always")
    for _ in range(600):
        await drain(ctx, "work")
        if await ctx.redis.hlen("sc:parked:work"):
            break
        await asyncio.sleep(0.1)
    assert len(RAN) == 2
    [reason] = (await ctx.redis.hgetall("sc:parked:work")).values()
    assert b"ValueError: always" in reason


async def test_a_refused_request_is_not_repeated(ctx: Context) -> None:
    await enqueue(ctx, BREAKS, "rejected")
    await drain(ctx, "work")
    await drain(ctx, "work")
    assert len(RAN) == 1
    assert await ctx.redis.hlen("sc:parked:work") == 1


async def given_up(ctx: Context, *whys: str) -> list[Parked]:
    for why in whys:
        await enqueue(ctx, BREAKS, why)
    await drain(ctx, "work")
    return await ctx.jobs.parked("work")


async def test_what_was_given_up_is_run_again_by_its_reference_or_all_of_it(ctx: Context) -> None:
    first, second = await given_up(ctx, "rejected", "also rejected")
    reference = first.reason.split()[0]
    assert [one.member for one in await ctx.jobs.replay(reference)] == [first.member]
    assert await ctx.jobs.parked("work") == [second]
    assert await ctx.jobs.replay("e-none") == []
    RAN.clear()
    await drain(ctx, "work")
    assert len(RAN) == 1
    assert {one.member for one in await ctx.jobs.replay()} == {first.member, second.member}
    assert await ctx.jobs.parked("work") == []


async def test_what_goes_well_after_all_is_given_up_no_more(ctx: Context) -> None:
    [one] = await given_up(ctx, "rejected")
    await ctx.redis.hset(
        "sc:parked:work", json.dumps(["note_down", 7]), "2026-11-01T00:00:00Z e-1 x"
    )
    await enqueue(ctx, NOTE_DOWN, 7)
    await drain(ctx, "work")
    assert await ctx.jobs.parked("work") == [one]


async def test_what_is_unavailable_is_tried_for_as_long_as_it_takes(ctx: Context) -> None:
    await enqueue(ctx, BREAKS, "unavailable")
    for _ in range(6):
        await drain(ctx, "work")
        await asyncio.sleep(0.05)
    assert len(RAN) >= 4
    assert await ctx.redis.hlen("sc:parked:work") == 0


async def test_a_stopping_worker_hands_back_what_runs(ctx: Context) -> None:
    await enqueue(ctx, SLOW, 1)
    claim = await ctx.jobs.claim("work")
    assert claim
    running = asyncio.create_task(perform(ctx, claim))
    await until(lambda: (1, "began") in RAN)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await ctx.jobs.late())["work"][0] == 1
    assert await ctx.jobs.failures(claim) == 0  # to be ended is no failure of its own


async def test_the_token_in_hand_is_the_claims(ctx: Context) -> None:
    await enqueue(ctx, NOTE_DOWN, 1)
    claim = await ctx.jobs.claim("work")
    assert claim
    CLAIM.set(claim)
    assert CLAIM.get().token == (await ctx.redis.get(claim.lease)).decode()


async def test_rings_that_come_together_are_one(ctx: Context) -> None:
    for _ in range(20):
        ctx.jobs.wake("work")
    await ctx.jobs.settled()
    assert await ctx.redis.llen("rq:queue:work") == 1


def test_two_jobs_may_not_share_a_name() -> None:
    with pytest.raises(ValueError, match="note_down"):
        Job("elsewhere:note_down")
    assert jobs.ROSTER["note_down"] is NOTE_DOWN


async def test_a_worker_told_to_end_leaves_no_task_and_no_lease(ctx: Context) -> None:
    await enqueue(ctx, SLOW, 1)
    working = asyncio.create_task(work(ctx, "work"))
    await until(lambda: (1, "began") in RAN)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert [t for t in asyncio.all_tasks() if "perform" in repr(t.get_coro())] == []
    assert (await ctx.jobs.late())["work"][0] == 1


async def asleep(ctx: Context) -> asyncio.Task[None]:
    """A worker that has found nothing to do."""
    working = asyncio.create_task(work(ctx, "work"))
    while "blpop" not in [client["cmd"] for client in await ctx.redis.client_list()]:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.01)
    return working


async def test_who_has_nothing_to_do_asks_once_and_sleeps(ctx: Context) -> None:
    await ctx.jobs.late()  # the script is there
    await ctx.redis.config_resetstat()
    working = await asleep(ctx)
    await ctx.jobs.late()  # all that the clock asks each time
    told = await ctx.redis.info("commandstats")
    asked = sum(told[name]["calls"] for name in told if name.startswith("cmdstat_eval"))
    assert asked <= 3, told  # whether something is due (and the script, once); the clock's
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_who_asks_for_a_later_job_wakes_a_worker_then(ctx: Context) -> None:
    working = await asleep(ctx)
    await enqueue(ctx, NOTE_DOWN, 9, delay=0.2)
    await until(lambda: (9,) in RAN)  # no clock runs
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_who_sleeps_is_woken_and_takes_the_wake_up_away(ctx: Context) -> None:
    ctx.jobs.wake("work")
    await ctx.jobs.settled()
    await ctx.jobs.sleep("work")
    assert await ctx.redis.llen("rq:queue:work") == 0
    assert [key async for key in ctx.redis.scan_iter("rq:job:*")] == []


async def test_when_redis_goes_away_no_job_is_left_half_way(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    server.start()
    settings = Settings(
        redis_url=server.url, soulcaster_data_dir=tmp_path, soulcaster_lease_seconds=1
    )
    async with open_context(settings) as ctx:
        await enqueue(ctx, SLOW, 1)
        await ctx.jobs.settled()
        draining = asyncio.create_task(drain(ctx, "work"))
        await until(lambda: (1, "began") in RAN)
        await asyncio.to_thread(server.stop)
        await draining
        assert ctx.outage.on
        assert [t for t in asyncio.all_tasks() if "perform" in repr(t.get_coro())] == []
    assert RAN == [(1, "began")]


async def test_a_redis_that_is_away_counts_against_no_job(ctx: Context) -> None:
    await enqueue(ctx, BREAKS, "away")
    for _ in range(3):
        await drain(ctx, "work")
        assert await ctx.redis.delete(*[key async for key in ctx.redis.scan_iter("sc:lease:job*")])
    assert len(RAN) == 3
    assert await ctx.redis.hlen("sc:tries:work") == 0
    assert not await ctx.jobs.parked("work")
