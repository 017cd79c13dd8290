"""Prove the patch in clean sandboxes: red on the base, green with it, the suite no worse."""

from __future__ import annotations

from bot.domain.fixes.patch import apply
from bot.domain.fixes.proof import suite_no_worse
from bot.domain.fixes.reproduction import fails_as_told
from bot.domain.models import Verdict
from bot.domain.ports import Finished
from workers.fixes.steps.context import Ended, RunContext, ran
from workers.fixes.steps.testing import Tests


async def prove(context: RunContext) -> None:
    """Nothing of the agent's sandbox is in these but its patch."""
    base = await context.tree("base")
    with_test = apply(base, await context.patch("test"))
    patched = apply(with_test, await context.patch("fix"))
    tests = await Tests.of(context, base)
    await context.tell("the suite, and the new test, on the base")
    async with context.sandbox(base) as sandbox:
        before = await tests.suite(sandbox)
    red = await tests.alone(with_test, context.run.test_path)
    await context.set(red=ran(red), suite_before=ran(before))
    if red.timed_out:
        raise Ended(Verdict.LIMIT_REACHED, "In a clean sandbox the test does not end on the base.")
    if red.exit_code == 0:
        raise Ended(Verdict.NOT_REPRODUCED, "In a clean sandbox the test passes on the base.")
    if not _as_told(context, red):
        raise Ended(
            Verdict.NOT_REPRODUCED,
            "In a clean sandbox the test fails on the base, but not as reported.",
        )
    await context.tell("the new test, and the suite, with the patch")
    async with context.sandbox(patched) as sandbox:
        after = await tests.suite(sandbox, patched=True)
        green = await tests.one(sandbox, context.run.test_path)
    await context.set(green=ran(green), suite_after=ran(after))
    if green.exit_code != 0:
        raise Ended(Verdict.NOT_REPAIRED, "In a clean sandbox the test still fails.")
    fine, worse = suite_no_worse(before, after)
    if not fine:
        raise Ended(Verdict.NOT_REPAIRED, f"The suite is worse: {'; '.join(worse[:5])}.")
    await context.tell("red before, green after, the suite no worse")


def _as_told(context: RunContext, red: Finished) -> bool:
    """Whether the base fails for the reported reason, where the run knows it."""
    run = context.run
    if run.test_reason is None:
        return True
    return fails_as_told(red.stdout + red.stderr, run.test_name, run.test_reason)
