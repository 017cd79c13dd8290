"""Prove the patch in clean sandboxes: red on the base, green with it, the suite no worse."""

from __future__ import annotations

from bot.domain.fixes.patch import apply
from bot.domain.fixes.proof import suite_no_worse
from bot.domain.fixes.reproduction import fails_as_told
from bot.domain.models import Verdict
from bot.domain.ports import Finished
from workers.fixes.steps.bench import Bench, Ended, ran
from workers.fixes.steps.testing import Tests


async def prove(bench: Bench) -> None:
    """Nothing of the agent's sandbox is in these but its patch."""
    base = await bench.tree("base")
    with_test = apply(base, await bench.patch("test"))
    patched = apply(with_test, await bench.patch("fix"))
    tests = await Tests.of(bench, base)
    await bench.tell("the suite, and the new test, on the base")
    async with bench.sandbox(base) as sandbox:
        before = await tests.suite(sandbox)
    async with bench.sandbox(with_test) as sandbox:
        await tests.install(sandbox)
        red = await tests.one(sandbox, bench.run.test_path)
    await bench.set(red=ran(red), suite_before=ran(before))
    if red.timed_out:
        raise Ended(Verdict.LIMIT_REACHED, "In a clean sandbox the test does not end on the base.")
    if red.exit_code == 0:
        raise Ended(Verdict.NOT_REPRODUCED, "In a clean sandbox the test passes on the base.")
    if not _as_told(bench, red):
        raise Ended(
            Verdict.NOT_REPRODUCED,
            "In a clean sandbox the test fails on the base, but not as reported.",
        )
    await bench.tell("the new test, and the suite, with the patch")
    async with bench.sandbox(patched) as sandbox:
        after = await tests.suite(sandbox, patched=True)
        green = await tests.one(sandbox, bench.run.test_path)
    await bench.set(green=ran(green), suite_after=ran(after))
    if green.exit_code != 0:
        raise Ended(Verdict.NOT_REPAIRED, "In a clean sandbox the test still fails.")
    fine, worse = suite_no_worse(before, after)
    if not fine:
        raise Ended(Verdict.NOT_REPAIRED, f"The suite is worse: {'; '.join(worse[:5])}.")
    await bench.tell("red before, green after, the suite no worse")


def _as_told(bench: Bench, red: Finished) -> bool:
    """Whether the base fails for the reported reason, where the run knows it."""
    run = bench.run
    if run.test_reason is None:
        return True
    return fails_as_told(red.stdout + red.stderr, run.test_name, run.test_reason)
