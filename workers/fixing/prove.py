"""Prove the patch in clean sandboxes: red on the base, green with it, the suite no worse."""

from __future__ import annotations

from bot.domain.models import Verdict
from bot.domain.patch import apply
from bot.domain.proof import suite_no_worse
from workers.fixing.desk import Desk, Ended, ran
from workers.fixing.testing import Tests


async def prove(desk: Desk) -> None:
    """Nothing of the agent's sandbox is in these but its patch."""
    base = await desk.tree("base")
    with_test = apply(base, await desk.patch("test"))
    patched = apply(with_test, await desk.patch("fix"))
    tests = await Tests.of(desk, base)
    await desk.tell("the suite, and the new test, on the base")
    async with desk.sandbox(base) as sandbox:
        before = await tests.suite(sandbox)
    async with desk.sandbox(with_test) as sandbox:
        await tests.install(sandbox)
        red = await tests.one(sandbox, desk.run.test_path)
    await desk.set(red=ran(red), suite_before=ran(before))
    if red.exit_code == 0:
        raise Ended(Verdict.NOT_REPRODUCED, "In a clean sandbox the test passes on the base.")
    await desk.tell("the new test, and the suite, with the patch")
    async with desk.sandbox(patched) as sandbox:
        after = await tests.suite(sandbox)
        green = await tests.one(sandbox, desk.run.test_path)
    await desk.set(green=ran(green), suite_after=ran(after))
    if green.exit_code != 0:
        raise Ended(Verdict.NOT_REPAIRED, "In a clean sandbox the test still fails.")
    fine, worse = suite_no_worse(before, after)
    if not fine:
        raise Ended(Verdict.NOT_REPAIRED, f"The suite is worse: {'; '.join(worse[:5])}.")
    await desk.tell("red before, green after, the suite no worse")
