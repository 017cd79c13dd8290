"""Prove the patch in clean sandboxes: red on the base, green with it, nothing else worse. Judge
it by the rules of the base commit, without reading a word of prose."""

import asyncio
from collections.abc import Sequence

from bot.domain.cards.views.cluster import count
from bot.domain.fixes.answers import changed_calls
from bot.domain.fixes.patch import apply, text_of
from bot.domain.fixes.policy import Rules, judge, refused
from bot.domain.fixes.proof import Suite, of_style, suite_no_worse
from bot.domain.fixes.reproduction import graded
from bot.domain.fixes.run import StepName
from bot.domain.fixes.testfiles import tests_in
from bot.domain.models import RunState, Verdict
from bot.domain.ports import Sandbox
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
        before, part, cut = await _before(context, tests, sandbox, elsewhere)
        was = await elsewhere.at(sandbox)
    red = await tests.alone(with_test, context.run.test_path)
    await context.set(red=ran(red), suite_before=ran(before.finished))
    if red.timed_out:
        raise Ended(Verdict.LIMIT_REACHED, "In a clean sandbox the test does not end on the base.")
    if red.exit_code == 0:
        raise Ended(Verdict.NOT_REPRODUCED, "In a clean sandbox the test passes on the base.")
    reason, said = context.run.test_reason, red.stdout + red.stderr
    if reason is not None and graded(said, context.run.test_name, reason) is None:
        raise Ended(
            Verdict.NOT_REPRODUCED,
            "In a clean sandbox the test fails on the base, but not as reported.",
        )
    await context.tell("the new test, and the suite, with the patch")
    async with context.sandbox(patched) as sandbox:
        compared = not (before.finished.timed_out or tests.why_nothing(before))
        after = await tests.suite(sandbox, part, before) if compared else None
        green = await tests.one(sandbox, patched, context.run.test_path)
        now = await elsewhere.at(sandbox)
    await context.set(green=ran(green), suite_after=after and ran(after.finished))
    if green.exit_code != 0:
        raise Ended(Verdict.NOT_REPAIRED, "In a clean sandbox the test still fails.")
    worse = suite_no_worse(before, after)[1] if after else []
    own = tests_in(text_of(patched.get(context.run.test_path)))
    style = [line for line in worse if of_style(line, context.run.test_path, own)]
    if style:
        await context.tell(f"of the new test's style, which is no failure: {style[0]}")
    if worse := [line for line in worse if line not in style]:
        raise Ended(Verdict.NOT_REPAIRED, f"The suite is worse: {'; '.join(worse[:5])}.")
    if worse := elsewhere.worse(was, now):
        raise Ended(Verdict.NOT_REPAIRED, f"Worse elsewhere: {'; '.join(worse[:5])}.")
    changes = tuple(changed_calls(was[1], now[1])[:5])
    doubt = cut or await elsewhere.doubt(context, before, was)
    grade = Verdict.ON_ONE_EXAMPLE if doubt else Verdict.PROVED
    await context.set(grade=grade, reason=redact(doubt), changes=changes)
    await context.tell(f"red before, green after, the suite no worse: {grade.value}")


async def _before(
    context: RunContext, tests: Tests, sandbox: Sandbox, elsewhere: Elsewhere
) -> tuple[Suite, Sequence[str], str]:
    """The suite on the base. Of one that does not end what is nearest to the change, the files that
    this is, and what a reader has to know of it, or of one of which nothing runs."""
    before = context.before or await tests.suite(sandbox)
    if not before.finished.timed_out:
        return before, (), tests.why_nothing(before)
    cut = f"The suite did not end within {before.finished.seconds:.0f} s, and of it"
    near = await asyncio.to_thread(elsewhere.near)
    for part in [near, near[:1]] if near else []:
        before = await tests.suite(sandbox, part)
        if not before.finished.timed_out:
            return before, part, f"{cut} only {' '.join(part)} was compared."
    return before, (), f"{cut} nothing was compared."


async def prove_or_draft(context: RunContext) -> None:
    """The proof; its failure ends the run, but for a project with ``fix.unproved_drafts``. There
    the patch goes on: the policy judges it like any other, and whoever reads the draft is told what
    is not proved. What was refused, stopped or cut short by a limit never gets here."""
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


async def check_policy(context: RunContext) -> None:
    """A refusal ends the run; what is only flagged is shown to the reviewer."""
    config = (await context.config()).fix
    with_test = apply(await context.tree("base"), await context.patch("test"))
    fix = await context.patch("fix")
    own, limits = context.run.own, context.run.limits
    rules = Rules(
        max_files=min(config.max_files, limits.files or config.max_files),
        max_lines=min(config.max_lines, limits.lines or config.max_lines),
        allow=config.allow,
        only=own.paths if own else (),
    )
    findings = await asyncio.to_thread(
        judge, fix, rules, proof_tests={context.run.test_path}, tree=with_test
    )
    await context.set(findings=tuple(redact(found.message) for found in findings))
    if refused(findings):
        raise Ended(Verdict.REFUSED_BY_POLICY, findings[0].message)
    flags = count(len(findings), "flag") if findings else "nothing to flag"
    await context.tell(f"{count(len(fix.changes), 'file')} checked, {flags}")
