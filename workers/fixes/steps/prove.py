"""Prove the patch in clean sandboxes: red on the base, green with it, nothing else worse."""

from __future__ import annotations

import asyncio

from bot.domain.fixes.patch import apply
from bot.domain.fixes.proof import suite_no_worse
from bot.domain.fixes.reproduction import graded
from bot.domain.fixes.run import StepName
from bot.domain.models import RunState, Verdict
from bot.domain.ports import Finished
from bot.domain.secrets import redact
from workers.fixes.steps.context import Ended, RunContext, ran
from workers.fixes.steps.drive import another_may
from workers.fixes.steps.elsewhere import Elsewhere
from workers.fixes.steps.testing import Tests

_CARRIES_A_PATCH = (Verdict.NOT_REPRODUCED, Verdict.NOT_REPAIRED, Verdict.TESTS_DO_NOT_RUN)


async def prove(context: RunContext) -> None:
    """Nothing of the agent's sandbox is in these but its patch."""
    base = await context.tree("base")
    test = await context.patch("test")
    with_test = apply(base, test)
    patched = apply(with_test, await context.patch("fix"))
    tests = await Tests.of(context, base)
    elsewhere = await asyncio.to_thread(Elsewhere, tests, base, patched, test.paths)
    await context.tell("the suite, and the new test, on the base")
    async with context.sandbox(base) as sandbox:
        before = context.before or await tests.suite(sandbox)
        was = await elsewhere.at(sandbox)
    red = await tests.alone(with_test, context.run.test_path)
    await context.set(red=ran(red), suite_before=ran(before.finished))
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
        now = await elsewhere.at(sandbox)
    await context.set(green=ran(green), suite_after=ran(after.finished))
    if green.exit_code != 0:
        raise Ended(Verdict.NOT_REPAIRED, "In a clean sandbox the test still fails.")
    fine, worse = suite_no_worse(before, after)
    if not fine:
        raise Ended(Verdict.NOT_REPAIRED, f"The suite is worse: {'; '.join(worse[:5])}.")
    if worse := elsewhere.worse(was, now):
        raise Ended(Verdict.NOT_REPAIRED, f"Worse elsewhere: {'; '.join(worse[:5])}.")
    grade, doubt = await elsewhere.grade(context, before, was)
    await context.set(grade=grade, reason=redact(doubt), changes=elsewhere.changes(was, now))
    await context.tell(f"red before, green after, the suite no worse: {grade.value}")


def _as_told(context: RunContext, red: Finished) -> bool:
    """Whether the base fails for the reported reason, where the run knows it."""
    run = context.run
    if run.test_reason is None:
        return True
    return graded(red.stdout + red.stderr, run.test_name, run.test_reason) is not None


async def prove_or_draft(context: RunContext) -> None:
    """The proof; its failure ends the run, but for a project with ``fix.unproved_drafts``.

    There the patch goes on: the policy judges it like any other, and whoever reads the draft is
    told what is not proved. What was refused, stopped or cut short by a limit never gets here.
    """
    try:
        await prove(context)
    except Ended as ended:
        wanted = (await context.config()).fix.unproved_drafts and not context.run.dry_run
        if not wanted or ended.verdict not in _CARRIES_A_PATCH or another_may(context, ended):
            raise
        await context.log(f"not proved, and goes on as a draft: {ended}")
        now = context.now()
        fields = {"unproved": ended.verdict, "reason": redact(ended.reason), "updated_at": now}
        # In one write: whoever takes the run up goes on with the next step.
        await context.change(
            lambda run: run.with_step(
                StepName.PROVE, state=RunState.FAILED, ended_at=now
            ).model_copy(update=fields)
        )
