"""Prove the patch in a second, clean sandbox: red on the base, green with it, suite no worse."""

from __future__ import annotations

from bot.domain.models import Verdict
from bot.domain.patch import apply
try:
    from bot.domain.proof import suite_no_worse
except ImportError: pass
from workers.fixing.desk import Desk, Ended, ran
from workers.fixing.testing import TestRun


async def prove(desk: Desk) -> None:
    """Nothing of the agent's sandbox is here but its patch."""
    base = await desk.tree("base")
    with_test = apply(base, await desk.patch("test"))
    patched = apply(with_test, await desk.patch("fix"))
    tests = await TestRun.plan(desk, base)
    async with desk.sandbox(base) as sandbox:
        before = await tests.suite(sandbox)
    await desk.tell("the new test on the base")
    async with desk.sandbox(with_test) as sandbox:
        red = await tests.one(sandbox, desk.run.test_path)
    if red.exit_code == 0:
        raise Ended(Verdict.NOT_REPRODUCED, "In a clean sandbox the test passes on the base.")
    await desk.tell("the new test and the suite with the patch")
    async with desk.sandbox(patched) as sandbox:
        green = await tests.one(sandbox, desk.run.test_path)
        after = await tests.suite(sandbox)
    await desk.set(red=ran(red), green=ran(green), suite_before=ran(before), suite_after=ran(after))
    if green.exit_code != 0:
        raise Ended(Verdict.NOT_REPAIRED, "In a clean sandbox the test still fails with the patch.")
    fine, worse = suite_no_worse(before, after)
    if not fine:
        raise Ended(
            Verdict.NOT_REPAIRED, "The suite is worse with the patch: " + ", ".join(worse[:5])
        )
    await desk.tell("red before, green after, the suite no worse")
