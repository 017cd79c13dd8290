"""kill -9 of the fixer at every step: one branch and one pull request, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio
from e2e_kit import reply, unlike
from fix_kit import (
    KNOWS,
    LAST_PAGE,
    ask,
    ended,
    held,
    hold,
    no_sandbox,
    opened_once,
    publish,
    ready_to_publish,
    reported,
    run_of,
    until,
)
from forks import open_stage

from bot.domain.fixes.run import StepName
from bot.domain.models import Verdict
from bot.simulators.github import Limits
from handlers.demo.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """As everywhere, with leases that end sooner: a dead fixer is missed after two seconds."""
    async with open_stage(
        tmp_path_factory.mktemp("stage"),
        limits=Limits.none(),
        SOULCASTER_EMBEDDER="hashing",
        SOULCASTER_LEASE_SECONDS="2",
        SOULCASTER_AGENT="command",
        # Slow enough to be met at its work.
        SOULCASTER_AGENT_COMMAND=f"sleep 2; {KNOWS}",
    ) as made:
        yield made


async def kill_fixer(stage: Stage) -> None:
    """As the kernel does when memory runs out. One that has just died is started again first."""
    while True:
        with suppress(ProcessLookupError):
            return os.kill(stage.stack.pid("fixer"), signal.SIGKILL)
        await asyncio.sleep(0.05)


async def test_a_fixer_that_dies_in_every_step(stage: Stage) -> None:
    issue, cluster = await reported(stage, *LAST_PAGE)
    await hold(stage, "GET", "/tarball/", seconds=2)
    run = await ask(stage, issue, "fix", cluster)
    await held(stage)
    await kill_fixer(stage)
    for step in (StepName.REPRODUCE, StepName.REPAIR, StepName.PROVE, StepName.POLICY):
        await until(stage, run.number, step)
        await asyncio.sleep(0.3 if step is not StepName.POLICY else 0)
        await kill_fixer(stage)
    done = await ended(stage, run.number)
    pull = await opened_once(stage, done)
    assert {file["path"] for file in pull["pull"]["files"]} == {
        "src/shop/pagination.py",
        done.test_path,
    }
    assert "Pull request" in await reply(stage, issue, f"run:{done.name}")
    await no_sandbox(stage)


@pytest.mark.parametrize(
    "request_held",
    [
        "POST /pulls$",
        *(
            pytest.param(f"POST /{held}$", marks=pytest.mark.long)
            for held in ("git/commits", "git/refs", "check-runs", "labels")
        ),
    ],
)
async def test_a_fixer_that_dies_between_the_writes(stage: Stage, request_held: str) -> None:
    """The request lands after its sender's death, and nobody hears its answer."""
    issue, cluster = await reported(stage, f"Sums are wrong {unlike()}", unlike())
    run = await ready_to_publish(stage, issue, cluster)
    method, path = request_held.split()
    await hold(stage, method, path, seconds=0.7)
    await publish(stage, run)
    await held(stage)
    await kill_fixer(stage)
    await opened_once(stage, await ended(stage, run.number))


@pytest.mark.parametrize(
    "path",
    [
        *("/git/refs$", "/pulls$"),
        *(pytest.param(path, marks=pytest.mark.long) for path in ("/git/commits$", "/check-runs$")),
    ],
)
async def test_a_write_whose_outcome_is_unknown(stage: Stage, path: str) -> None:
    """It was done, and the connection broke before the answer."""
    issue, cluster = await reported(stage, f"Names are wrong {unlike()}", unlike())
    run = await ready_to_publish(stage, issue, cluster)
    fault = {"match": {"method": "POST", "path": path}, "times": 1, "after": True}
    stage.github.faults.add(fault)
    await publish(stage, run)
    await opened_once(stage, await ended(stage, run.number))


@pytest.mark.long
async def test_a_sandbox_that_dies_in_every_step(stage: Stage) -> None:
    """Survived: the step is done again in a fresh one."""
    issue, cluster = await reported(
        stage,
        "10 % off 19.90 takes off only 1.90",
        "`shop.pricing.percent_off(1990, 10)` returns 1800, expected 1791.",
    )
    run = await ask(stage, issue, "fix", cluster)
    for step in (StepName.REPRODUCE, StepName.REPAIR, StepName.PROVE):
        await until(stage, run.number, step)

        async def kill_one() -> bool:
            alive = await stage.context.sandboxes.alive()
            for sandbox in alive:
                await stage.context.sandboxes.kill(sandbox)
            return bool(alive)

        await stage.wait(f"a sandbox in {step.value}", kill_one, timeout=30, every=0.1)
    done = await ended(stage, run.number)
    assert done.verdict is Verdict.PROVED, done.reason
    await opened_once(stage, await run_of(stage, run.number))
    await no_sandbox(stage)
