"""The read model is what a recount says it is, whatever happened, and in whatever order."""

from __future__ import annotations

import asyncio
import math
import os
import secrets
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from documents import ROOT as PROJECT
from forks import run
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from made import make_project
from properties import examples

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.clusters.engine.operations import Blocked
from bot.domain.clusters.evidence import Because
from bot.domain.errors import NotFound, Unavailable
from bot.domain.fixes.run import FixRun
from bot.domain.models import ClusterState, Draft, Project
from bot.jobs import enqueue
from bot.storage import keys
from bot.storage.overview import GROUPS, kept, standing
from workers import jobs
from workers.clusters import corrections
from workers.clusters.corrections import Plan
from workers.worker import drain

P = 7
LEASE = "sc:lease:clustering"
NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
KINDS = [
    ("github", Audience.PUBLIC),
    ("github", Audience.PROJECT),
    ("sentry", Audience.TEAM),
    ("reddit", Audience.PUBLIC),
]
STATES = list(ClusterState)
SETTLED = {"resolved", "ignored", "snoozed"}
SHOWN = ("standings", "tally:*", "order:*", "reported:*")

Act = tuple[str, int, int, int]
Model = dict[str, Any]


@dataclass
class History:
    """What was done, and what was counted: the test's own account of it."""

    ctx: Context
    seen: defaultdict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    kinds: dict[int, str] = field(default_factory=dict)
    clusters: int = 0

    async def record(self, a: int, b: int, c: int) -> None:
        """An event: of a new report, of one that is there, late, or told before."""
        source, audience = KINDS[a % len(KINDS)]
        at = NOW - timedelta(hours=b % 50)
        draft = Draft(
            audience=audience, source=source, key=f"k{a % 9}", event=f"e{b % 7}",
            title="It breaks", occurred_at=at, count=1 + c % 3,
        )  # fmt: skip
        made = await self.ctx.items.record(P, draft, NOW)
        if made.new:
            self.kinds[made.item] = f"{source}|{audience}"
        if made.counted:
            self.seen[made.item][int(at.timestamp() // 3600)] += 1 + c % 3

    async def place(self, a: int, b: int, c: int) -> None:
        waiting = await self.ctx.items.waiting(P)
        if not waiting:
            return
        into = (await self.ctx.clusters.get(P, 1 + b % self.clusters)).number if c % 3 else None
        await self.ctx.redis.set(LEASE, "mine")
        made = await self.ctx.clusters.place(
            P, waiting[a % len(waiting)], into, now=NOW, title="It breaks",
            audience=Audience.PUBLIC, evidence=Because(action="new").model_dump_json(),
            lease=LEASE, token="mine",
            corrections=await self.ctx.operations.count(P),
        )  # fmt: skip
        self.clusters = max(self.clusters, made or 0)

    async def withdraw(self, a: int, _b: int, _c: int) -> None:
        await self.ctx.items.withdraw(P, KINDS[a % len(KINDS)][0], f"k{a % 9}")

    async def state(self, a: int, b: int, _c: int) -> None:
        await self.ctx.clusters.change(P, 1 + a % self.clusters, state=STATES[b % len(STATES)])

    async def severity(self, a: int, b: int, _c: int) -> None:
        await self.ctx.clusters.change(P, 1 + a % self.clusters, severity=f"S{1 + b % 4}")

    async def correct(self, a: int, b: int, c: int) -> None:
        """Any correction there is."""
        items, one, other = len(self.kinds), 1 + a % self.clusters, 1 + b % self.clusters
        item, mate = 1 + a % items, 1 + b % items
        plans: list[Plan] = [
            corrections.merging(self.ctx, P, [one], other),
            corrections.splitting(self.ctx, P, sorted({item, mate})),
            corrections.moving(self.ctx, P, item, other),
            corrections.moving(self.ctx, P, item, None),
            corrections.linking(self.ctx, P, item, mate, alike=True),
            corrections.linking(self.ctx, P, item, mate, alike=False),
            corrections.undoing(self.ctx, P, None, None),
        ]
        worked = await plans[c % len(plans)]("@ana")
        done = await corrections.apply(self.ctx, P, worked, said="", command=secrets.token_hex(4))
        assert done is not None
        self.clusters = int(await self.ctx.redis.get(keys.counter(P, "cluster")))

    async def rebuild(self, *_: int) -> None:
        await self.ctx.overview.rebuild(P)

    async def do(self, act: Act) -> None:
        verb, *numbers = act
        method: Callable[..., Awaitable[None]] = getattr(self, verb)
        try:
            await method(*numbers)
        except (Blocked, NotFound, KeyError, ZeroDivisionError):
            return  # there was nothing to do it to

    async def expected(self) -> Model:
        """The read model, counted from the history and the records."""
        found: Model = defaultdict(Counter)
        members = defaultdict(list)
        for item, cluster in (await self.ctx.items.membership(P)).items():
            members[cluster].append(item)
        records = await self.ctx.clusters.records(P, list(range(1, self.clusters + 1)))
        for number, record in records.items():
            state = record.state.value
            group = "settled" if state in SETTLED else "open"
            tally: Counter[str] = Counter()
            for item in members[number]:
                tally.update({str(hour): n for hour, n in self.seen[item].items()})
                tally[self.kinds[item]] += 1
            hours = {int(f): n for f, n in tally.items() if f.isdigit()}
            # As exact as it gets: whole numbers until the last step.
            first = min(hours, default=0)
            weight = math.fsum(n * 2.0 ** ((hour - first) / 24) for hour, n in hours.items())
            heat = first / 24 + math.log2(weight) if hours else 0.0
            total = sum(hours.values())
            found["standings"][str(number)] = (group, state, record.severity, heat, total)
            if not members[number]:
                continue
            found[f"tally:{number}"] = tally
            found[f"tally:{group}"].update(tally)
            for kind in tally:
                if not kind.isdigit():
                    found[f"reported:{kind}"][str(number)] = 1
            grade = (4 - int(record.severity[1])) * 1e7
            for name in (group, state):
                found[f"order:{name}:severity"][str(number)] = grade + heat
                found[f"order:{name}:recent"][str(number)] = max(members[number])
                found[f"order:{name}:count"][str(number)] = total
        return {key: dict(value) for key, value in found.items() if value}

    async def stored(self) -> Model:
        """The read model as it stands in Redis."""
        redis, found = self.ctx.redis, {}
        root = keys.overview(P).removesuffix("overview")
        for pattern in SHOWN:
            for key in await redis.keys(f"{root}{pattern}"):
                name = key.decode().removeprefix(root)
                match name.partition(":")[0]:
                    case "order":
                        pairs = await redis.zrange(key, 0, -1, withscores=True)
                        found[name] = {c.decode(): score for c, score in pairs}
                    case "reported":
                        found[name] = {c.decode(): 1 for c in await redis.smembers(key)}
                    case "tally":
                        pairs = (await redis.hgetall(key)).items()
                        found[name] = {f.decode(): int(n) for f, n in pairs}
                    case _:
                        pairs = (await redis.hgetall(key)).items()
                        split = {c.decode(): said.decode().split() for c, said in pairs}
                        found[name] = {
                            c: (*said, float(heat), int(total))
                            for c, (*said, heat, total) in split.items()
                        }
        return found

    async def check(self) -> None:
        expected, stored = await self.expected(), await self.stored()
        assert stored.keys() == expected.keys()
        for name, value in expected.items():
            assert stored[name].keys() == value.keys(), name
            for one, wanted in value.items():
                held = stored[name][one]
                if name == "standings":
                    (*said, heat, total), (*words, found, count) = wanted, held
                    assert (words, count) == (said, total), one
                    wanted, held = heat, found
                assert held == pytest.approx(wanted, rel=0, abs=1e-6), (name, one)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["record"] * 5 + ["place"] * 5 + ["correct"] * 5
            + ["withdraw", "state", "state", "severity", "rebuild"]
        ),
        *(st.integers(0, 999) for _ in range(3)),
    ),
    min_size=20,
    max_size=60,
)  # fmt: skip


async def follow(ctx: Context, acts: list[Act]) -> None:
    await ctx.redis.flushdb()
    history = History(ctx)
    for act in acts:
        await history.do(act)
    await history.check()


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(acts=ACTS)
async def test_it_is_what_a_recount_says(ctx: Context, acts: list[Act]) -> None:
    await follow(ctx, acts)


@pytest.mark.long
@examples(3_000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(acts=ACTS)
async def test_it_is_what_a_recount_says_after_thousands_of_histories(
    ctx: Context, acts: list[Act]
) -> None:
    await follow(ctx, acts)


@examples(12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(before=ACTS, meanwhile=ACTS)
async def test_what_is_done_while_it_is_rebuilt_is_counted_once(
    ctx: Context, before: list[Act], meanwhile: list[Act]
) -> None:
    await ctx.redis.flushdb()
    history = History(ctx)
    for act in before:
        await history.do(act)

    async def go_on() -> None:
        for act in meanwhile:
            if act[0] != "rebuild":
                await history.do(act)

    await asyncio.gather(ctx.overview.rebuild(P), go_on())
    await history.check()


async def older(ctx: Context) -> None:
    """Five clusters and a run, as an older version left them."""
    await ctx.projects.put(Project(id=P, installation=1, full_name="acme/shop"))
    await make_project(ctx, P, clusters=5, items=30)
    wanted = FixRun(
        audience=Audience.TEAM, number=0, cluster=1, command="c", requested_by="ana",
        agent="mechanic", seconds_allowed=60, created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    await ctx.runs.open(P, wanted)
    await ctx.redis.delete(keys.cluster_runs(P), keys.active_runs(P))


async def test_what_an_older_version_stored_is_counted_before_its_first_job(ctx: Context) -> None:
    await older(ctx)
    assert await ctx.overview.page(P, "all", most=5) == ([], 0)
    await enqueue(ctx, jobs.refresh_cluster, P, 1)
    await drain(ctx, "work")
    numbers, total = await ctx.overview.page(P, "all", most=5)
    assert (sorted(numbers), total) == ([1, 2, 3, 4, 5], 5)
    assert sum(tally.reports for tally in await ctx.overview.tallies(P, GROUPS)) == 30
    assert await ctx.runs.under_way(P) == [1]
    await ctx.redis.delete(keys.standings(P))
    await enqueue(ctx, jobs.refresh_cluster, P, 1)
    await drain(ctx, "work")
    assert not await ctx.redis.exists(keys.standings(P)), "it is counted once"


async def test_what_is_counted_already_is_not_counted_twice(ctx: Context) -> None:
    await older(ctx)
    await ctx.overview.rebuild(P)
    before = await ctx.overview.tallies(P, [1, *GROUPS])
    held = await ctx.redis.hget(keys.clusters(P), "1")
    said = standing(await ctx.clusters.get(P, 1))
    assert await ctx.scripts.run("recount", [keys.clusters(P), *kept(P)], [1, held, said])
    assert await ctx.overview.tallies(P, [1, *GROUPS]) == before


async def test_only_one_process_rebuilds_a_project_at_a_time(ctx: Context, other: Context) -> None:
    await older(ctx)
    async with other.leases.hold(f"overview:{P}"):
        with pytest.raises(Unavailable):
            await ctx.overview.rebuild(P)
    assert await ctx.overview.rebuild(P) == 5


async def test_the_operator_rebuilds_from_the_shell(ctx: Context, tmp_path: Path) -> None:
    await older(ctx)
    environment = {
        "PATH": os.environ["PATH"],
        "REDIS_URL": ctx.redis_url,
        "SOULCASTER_DATA_DIR": str(tmp_path / "shell"),
    }

    async def rebuild(project: str) -> tuple[int, str]:
        told = partial(run, "rebuild", "--project", project, cwd=PROJECT, env=environment)
        done = await asyncio.to_thread(told)
        return done.returncode, done.stdout or done.stderr

    code, told = await rebuild("acme/shop")
    assert code == 0
    assert "acme/shop: 5 clusters were counted anew.\n" in told
    assert (await ctx.overview.page(P, "all"))[1] == 5
    assert (await rebuild("acme/none"))[0] == 2
