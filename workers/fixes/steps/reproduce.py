"""Turn a report into a test that fails on the base commit, for the reported reason."""

import asyncio
from collections.abc import Sequence

from bot.domain.audience import Audience, may_read
from bot.domain.cards.views.cluster import count
from bot.domain.errors import Rejected, Unavailable
from bot.domain.fixes.calls import examples_in, fails_before
from bot.domain.fixes.patch import Entry, Patch, Tree, apply, diff
from bot.domain.fixes.policy import Rules, judge, refused
from bot.domain.fixes.reproduction import (
    BugReport,
    Reason,
    Reproduction,
    attempts,
    confirmed,
    graded,
    neutral,
    written,
)
from bot.domain.fixes.reproduction.keeping import is_of, with_more
from bot.domain.fixes.run import Case
from bot.domain.models import Verdict
from bot.domain.ports import Budget, LanguageModel
from bot.domain.secrets import redact
from workers.fixes.steps.context import Ended, RunContext, ran
from workers.fixes.steps.testing import Tests

_TRIES, _OTHERS = 5, 4
_TOKENS = 4_096
_FOR_PYTHON = "Repairs without a model are for Python: set GEMINI_API_KEY."
_NO_END = "`{}` did not end within {:.0f} s, its share of the run's time; --timeout allows more."
_NEEDS_ISOLATION = (
    "Nobody with write here reported this, and what others ask to be called needs isolation: "
    "install bubblewrap or set E2B_API_KEY."
)


async def reproduce(context: RunContext) -> None:
    """Leaves ``test``: a patch that adds the failing test. What the reports show is tried first;
    only where none of it is red, a model writes the test."""
    case = await context.evidence()
    if not case.items and (await context.case()).items:
        raise Ended(Verdict.NOT_REPRODUCED, _NEEDS_ISOLATION)
    base = await context.tree("base")
    reports = [BugReport.of(item.number, item) for item in case.shown(context.run.audience)]
    name = f"C-{context.run.cluster}"
    found = await asyncio.to_thread(attempts, reports, base, name=name)
    private = await asyncio.to_thread(_neutral, case, context.run.audience, base, name=name)
    for dropped in found.dropped:
        await context.log(f"not tried: {dropped}")
    tried = [*found.tests, *private]
    async with context.model("agent") as model:
        if not tried and not found.observed and (model is None or not reports):
            # Nobody waits for an environment and a suite to hear that.
            is_python = any(path.endswith(".py") for path in base)
            raise Ended(Verdict.NOT_REPRODUCED, found.advice if is_python else _FOR_PYTHON)
        tests = await Tests.of(context, base)
        await context.tell(
            f"{tests.plan.framework}: {tests.plan.why}; {count(len(tried), 'example')} to try"
        )
        whys = []
        for one in tried:
            whole = one.model_copy(update={"source": one.kept or one.source})
            why = await _why_not(context, base, tests, whole)
            if why and one.kept:
                whole, why = one, await _why_not(context, base, tests, one)
            if not why:
                await _with_others(context, base, tests, whole, found.tests)
                return
            whys.append(why.partition("\n")[0])
        async with context.sandbox(base) as sandbox:  # perhaps nothing runs here at all
            suite = await tests.suite(sandbox)
            before = suite.finished
            await context.set(suite_before=ran(before))
        if nothing := tests.why_nothing(suite):
            raise Ended(Verdict.TESTS_DO_NOT_RUN, nothing)
        if before.timed_out:
            raise Ended(Verdict.LIMIT_REACHED, _NO_END.format(before.command, before.seconds))
        seen = await _seen(context, base, tests, found.observed)
        why = ""
        if model is not None and reports and tests.plan.style != "other":
            why = await _written(context, base, tests, reports, model, seen)
            if not why:
                return
    if private:
        numbers = sorted({number for one in private for number in one.items})
        await context.set(private_examples=tuple(numbers))
        raise Ended(Verdict.NEEDS_A_PERSON, "")  # which report, and why, is told to the team
    reason = seen or (
        f"{count(len(found.tests), 'example')} from the reports tried; none fails as reported. "
        f"The first: {redact(whys[0])}."
        if found.tests
        else found.advice
    )
    raise Ended(Verdict.NOT_REPRODUCED, f"{reason} {why}".strip())


async def _with_others(
    context: RunContext,
    base: Tree,
    tests: Tests,
    one: Reproduction,
    offered: Sequence[Reproduction],
) -> None:
    """The run's test, with what else its report shows and is red as reported, at most four."""
    known, more = examples_in(one.source), list[Reproduction]()
    others = _others(one.source, one.reason, set(one.items), offered)
    for other in [each for each in others if examples_in(each.source) - known][:_OTHERS]:
        if new := examples_in(other.source) - known:
            red = await tests.alone(apply(base, _adding(base, other)), other.path)
            said = red.stdout + red.stderr
            if red.exit_code and graded(said, other.test, other.reason) == "as reported":
                more, known = [*more, other], known | new
    if more:
        await _why_not(context, base, tests, with_more(one, more))


def _others(
    source: str, reason: Reason | None, items: set[int], offered: Sequence[Reproduction]
) -> list[Reproduction]:
    """What else these reports offer, but for what ends with the same error before it asks."""
    found = [one for one in offered if items.intersection(one.items)]
    error = reason.exception if reason else ""
    same = (one for one in found if error and one.reason.exception == error)
    before = {one.source for one in same if fails_before(source, one.source)}
    return [one for one in found if one.source not in before]


async def still_red(context: RunContext, base: Tree, patched: Tree, tests: Tests) -> str:
    """Another example of the run's report that fails as told on the base, and with a patch, too; or
    a value that it says should come and no test asks for."""
    case = await context.evidence()
    reports = [BugReport.of(item.number, item) for item in case.shown(context.run.audience)]
    offered = await asyncio.to_thread(attempts, reports, base, name=f"C-{context.run.cluster}")
    source = context.run.test_source
    of_run = (one for one in offered.tests if is_of(source, one))
    told = {number for one in of_run for number in one.items}
    others = _others(source, context.run.test_reason, told, offered.tests)[:_OTHERS]
    for one in [*others, *_others(source, None, told, offered.exact)]:
        test = {one.path: Entry(data=one.source.encode())}
        if (await tests.alone({**patched, **test}, one.path)).exit_code:
            red = await tests.alone({**base, **test}, one.path)
            if red.exit_code and graded(red.stdout + red.stderr, one.test, one.reason):
                return redact(f"Another example of the report still fails: {one.says}.")
    beyond = next(filter(None, map(offered.beyond.get, sorted(told))), "")
    return redact(f"The report asks for {beyond}, too, and no test does.") if beyond else ""


def _neutral(case: Case, readers: Audience, base: Tree, *, name: str) -> list[Reproduction]:
    """What the reports show that must not be told here, without anything of what they say."""
    hidden = [item for item in case.items if not may_read(readers, item.audience)]
    if not hidden:
        return []
    shown = attempts([BugReport.of(item.number, item) for item in hidden], base, name=name).tests
    public = [f"{item.title}\n{item.body}" for item in case.shown(readers)]
    return neutral(shown, base, public)


async def _seen(
    context: RunContext, base: Tree, tests: Tests, observed: Sequence[Reproduction]
) -> str:
    """What the reports say that comes and does; empty where none of it does."""
    for one in reversed(observed):
        done = await tests.alone(apply(base, _adding(base, one)), one.path)
        if done.exit_code == 0:
            return redact(confirmed(one))
    return ""


async def _written(
    context: RunContext,
    base: Tree,
    tests: Tests,
    reports: Sequence[BugReport],
    model: LanguageModel,
    seen: str,
) -> str:
    """Have the model write the test, told each time why the last one was none; why it gave up."""
    plan = await context.plan()
    folder = tests.plan.folder
    last: written.WrittenTest | None = None
    why = ""
    for number in range(1, _TRIES + 1):
        _within_budget(context, model)
        await context.tell(f"{model.id} writes a test, try {number} of {_TRIES}")
        material = written.written_material(
            reports,
            base,
            folder=folder,
            suspects=plan.suspects_in(base),
            steering=[*plan.steering, seen] if seen else plan.steering,
            last=last,
            why=why,
        )
        try:
            last = await model.answer(
                written.WrittenTest,
                instructions=written.TEST_INSTRUCTIONS,
                material=redact(material),
                max_output_tokens=_TOKENS,
            )
        except (Rejected, Unavailable) as error:
            return f"{model.id} wrote no test: {error}"
        check = written.written_mistakes
        mistakes = await asyncio.to_thread(check, last, reports, base, folder=folder)
        why = "; ".join(mistakes[:5])
        if not why:
            tried = written.reproduction_of(last)
            why = await _refusal(context, base, tried) or await _why_not(
                context, base, tests, tried
            )
        if not why:
            return ""
        await context.log(f"test {number} of {model.id} is none: {why}")
    return f"{model.id} wrote {count(_TRIES, 'test')}; none fails as reported: see the log."


def _within_budget(context: RunContext, model: LanguageModel) -> None:
    """Raises Ended when the run's money is used up."""
    spent, allowed = context.run.dollars + (model.spent.dollars or 0.0), Budget().dollars
    if spent >= allowed:
        raise Ended(Verdict.LIMIT_REACHED, f"${spent:.2f} of ${allowed:.2f} are used up.")


async def _refusal(context: RunContext, base: Tree, tried: Reproduction) -> str:
    """What the policy has against a test that no rule of ours wrote."""
    config = (await context.config()).fix
    rules = Rules(max_files=config.max_files, max_lines=config.max_lines, allow=config.allow)
    patch = _adding(base, tried)
    findings = await asyncio.to_thread(
        judge, patch, rules, proof_tests=(), tree=base, chosen=patch.paths
    )
    return f"the policy refuses it: {findings[0].message}" if refused(findings) else ""


def _adding(base: Tree, tried: Reproduction) -> Patch:
    return diff(base, {**base, tried.path: Entry(data=tried.source.encode())})


async def _why_not(context: RunContext, base: Tree, tests: Tests, tried: Reproduction) -> str:
    """Run a test on the base; "" when it is red for the reason, and is the run's test now."""
    patch = _adding(base, tried)
    done = await tests.alone(apply(base, patch), tried.path)
    if done.exit_code == 0:
        await context.log(f"dropped, it passes on the base commit:\n{tried.source}")
        return "it passes on the base commit, so it does not show the bug"
    grade = graded(done.stdout + done.stderr, tried.test, tried.reason)
    if grade is None:
        told = " ".join(f"{tried.reason.exception} {tried.reason.actual}".split())
        why = f"it fails, but not with {told or 'what is reported'}\n{ran(done).tail[-1_500:]}"
        await context.log(f"dropped: {why}\n{tried.source}")
        return why
    await context.put_patch("test", patch)
    await context.set(
        red=ran(done),
        test_path=tried.path,
        test_source=redact(tried.source),
        test_name=tried.test,
        test_reason=tried.reason,
        test_grade="written by a model" if tried.quote else grade,
        test_quote=redact(tried.quote),
    )
    names = " ".join(f"I-{number}" for number in tried.items)
    await context.tell(f"red, as {names} says: {tried.says}")
    return ""
