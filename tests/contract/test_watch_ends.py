"""The end of a watch: its own times, one verdict, said where the fix was merged."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.audience import Audience
from bot.domain.models import Cluster, ClusterState, Draft, Project, Watch
from bot.jobs import enqueue
from handlers.demo.stage import ADMIN, Stage
from workers import jobs, worker
from workers.fixes import watch
from workers.intake import items

_events = itertools.count()


class Problem:
    """An alert of ``acme/shop``, its cluster, and the pull request that was to mend it."""

    def __init__(self, stage: Stage, shop: Project, pull: int) -> None:
        self.stage, self.ctx, self.shop, self.pull = stage, stage.context, shop, pull
        self.project = shop.id
        self.merged = datetime.now(UTC) - watch.WATCH - timedelta(hours=2)

    async def seen(self, *, hours: int, times: int) -> None:
        """So often, so many hours after the merge."""
        draft = Draft(
            audience=Audience.TEAM,
            source="sentry",
            key="7",
            event=f"e{next(_events)}",
            title="KeyError: total",
            occurred_at=self.merged + timedelta(hours=hours),
            count=times,
        )
        await items.take(self.ctx, self.project, draft)
        await worker.drain(self.ctx, "work")

    async def begin(self, **given: Any) -> None:
        until = self.merged + watch.WATCH
        told = Watch(**{"pull": self.pull, "since": self.merged, "until": until, **given})
        await self.ctx.clusters.change(self.project, 1, state=ClusterState.WATCHING, watch=told)

    async def end(self) -> Cluster:
        await enqueue(self.ctx, jobs.judge_watch, self.project, 1)
        await worker.drain(self.ctx, "work")
        return await self.ctx.clusters.get(self.project, 1)

    async def said(self) -> str:
        """What stands on the pull request."""
        state = await self.stage.github_state()
        [shop] = [r for r in state["repositories"] if r["full_name"] == self.stage.repository]
        [there] = [i for i in shop["issues"] if i["number"] == self.pull]
        bodies: list[Any] = [c["body"] for c in there["comments"] if "watch:C-1" in c["body"]]
        assert len(bodies) == 1
        return str(bodies[0])


@pytest.fixture
async def problem(stage: Stage) -> Problem:
    made = await stage.person("/issues", login=ADMIN, title="Stands for a pull request")
    return Problem(stage, await stage.project(), int(made["number"]))


@pytest.mark.parametrize("times", [2, 40])
async def test_what_is_seen_in_the_watch_is_still_there(problem: Problem, times: int) -> None:
    await problem.seen(hours=-5, times=40)
    await problem.begin()
    await problem.seen(hours=20, times=times)
    record = await problem.end()
    assert record.state is ClusterState.REGRESSED
    assert f"still there after #{problem.pull} (Sentry 40 → {times})" in await problem.said()


async def test_what_returns_after_it_is_a_regression_of_that_fix(problem: Problem) -> None:
    await problem.seen(hours=-5, times=40)
    await problem.begin()
    record = await problem.end()
    assert (record.state, record.watch and record.watch.verdict) == (ClusterState.RESOLVED, "gone")
    assert f"gone after #{problem.pull} (Sentry 40 → 0)" in await problem.said()
    await problem.seen(hours=73, times=1)
    record = await problem.ctx.clusters.get(problem.project, 1)
    assert record.state is ClusterState.REGRESSED
    assert f"seen again after #{problem.pull}" in await problem.said()


async def test_a_watch_is_not_judged_before_its_end(problem: Problem) -> None:
    await problem.seen(hours=-5, times=40)
    problem.merged += timedelta(days=1)
    await problem.begin()
    assert (await problem.end()).state is ClusterState.WATCHING


async def test_a_merge_that_is_told_of_again_begins_no_second_watch(problem: Problem) -> None:
    await problem.seen(hours=-5, times=40)
    pull = {"number": problem.pull, "merged_at": problem.merged.isoformat()}
    await watch.begin(problem.ctx, problem.shop, 1, pull)
    record = await problem.end()
    await watch.begin(problem.ctx, problem.shop, 1, pull)
    assert await problem.ctx.clusters.get(problem.project, 1) == record


async def test_a_release_that_never_comes_leaves_the_merge_to_judge_by(problem: Problem) -> None:
    problem.merged -= watch.RELEASES
    await problem.seen(hours=-5, times=40)
    await problem.begin(release="", until=problem.merged + watch.RELEASES)
    await problem.seen(hours=80, times=1)
    assert (await problem.end()).state is ClusterState.RESOLVED
    assert f"gone after #{problem.pull} (Sentry 40 → 0)" in await problem.said()
