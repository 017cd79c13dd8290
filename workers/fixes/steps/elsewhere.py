"""What a patch does beside the suite, and whether any earlier test would notice."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from bot.domain.fixes.answers import Answers, broken_calls
from bot.domain.fixes.calls import calls_of, examples_in, raised_in
from bot.domain.fixes.functions import broken, changed
from bot.domain.fixes.neighbours import adds, neighbours, renames
from bot.domain.fixes.patch import Entry, Tree, diff, text_of
from bot.domain.fixes.policy.code import special_cases
from bot.domain.fixes.policy.losses import answers_flatly, given_up
from bot.domain.fixes.proof import Suite, suite_no_worse
from bot.domain.fixes.reproduction.keeping import lost
from bot.domain.fixes.testfiles import part_near
from bot.domain.ports import Sandbox
from workers.fixes.steps.context import RunContext
from workers.fixes.steps.drive import deadline
from workers.fixes.steps.reproduce import still_red
from workers.fixes.steps.testing import Tests

Seen = tuple[Suite | None, Answers]  # examples in docstrings, and what calls give
_LONG = 60.0  # seconds of a suite of which those near the patch run first, alone
_ENOUGH = 2  # examples that are independent
_SHARE = 0.7  # of the time that is left, what the grade may take
_PATIENCE = 5  # seconds, and times those of the green test: what takes longer hangs


class Elsewhere:
    """One patch, looked at on the base and with it; ``proof_tests`` are of the reproduction. For a
    runner that is not Python's there is nothing to look at."""

    def __init__(self, tests: Tests, base: Tree, patched: Tree, proof_tests: Sequence[str]) -> None:
        self._tests, self._base, self._patched = tests, base, patched
        self._proof_tests, self._patch = proof_tests, diff(base, patched)
        self._source = "\n".join(text_of(patched.get(path)) for path in proof_tests)
        found = changed(base, patched) if tests.plan.trying else []
        # Names alone: to free the nodes of a large file holds the loop that does it.
        self._functions = {(one.path, one.name) for one in found}
        modules = sorted({one.path for one in found})
        self._modules = [path for path in modules if ">>> " in text_of(patched[path])]
        self._calls = calls_of(found, patched, proof_tests) if found else {}
        self._earlier = {p: e for p, e in patched.items() if p in base or p not in proof_tests}

    async def at(self, sandbox: Sandbox) -> Seen:
        """What the tree in a sandbox shows."""
        examples = await self._tests.examples(sandbox, self._modules) if self._modules else None
        return examples, await self._tests.calls(sandbox, self._calls) if self._calls else {}

    def near(self) -> list[str]:
        """The files of tests that have most to do with the patch, where some can run alone."""
        names = {name.rpartition(".")[2] for _, name in self._functions}
        alone = self._tests.plan.framework == "pytest"
        return part_near(self._base, self._patch.paths, names) if alone else []

    def worse(self, before: Seen, after: Seen) -> list[str]:
        """What is worse, a line each."""
        worse: list[str] = []
        # Where none was read before there is nothing to compare with: pytest may not be there.
        if before[0] and after[0] and before[0].tests:
            worse += suite_no_worse(before[0], after[0])[1]
        return worse + broken_calls(before[1], after[1], raised_in(self._source))

    async def doubt(self, context: RunContext, before: Suite, was: Seen) -> str:
        """What speaks against proved. It has but a share of the time that is left."""
        left = (deadline(context.run) - context.now()).total_seconds()
        with suppress(TimeoutError):
            async with asyncio.timeout(left * _SHARE):
                return await self._doubt(context, before, was[1])
        return "There was no time to ask what the tests hold."

    async def _doubt(self, context: RunContext, before: Suite, was: Answers) -> str:
        """Two examples, or one and an earlier test that notices the functions break; and something
        notices whatever is written nearly as the patch is, for the old code passed all else, too.
        One example that another patch answers as well proves neither, unless that one changes
        more."""
        special = special_cases(self._patch, self._proof_tests, self._patched)
        if await asyncio.to_thread(any, special):
            return "It asks for the very values of the example."
        if loss := await asyncio.to_thread(given_up, self._patch):
            return loss
        if unmet := await still_red(context, self._base, self._patched, self._tests):
            return unmet
        most = _PATIENCE * (1 + (context.run.green.seconds if context.run.green else 0))
        red = context.run.red.tail if context.run.red else ""
        if len(examples_in(self._source, red)) < _ENOUGH:
            files = await asyncio.to_thread(lambda: self._patch.files)
            grows = any(added for path, added, _ in files if path in self._base)
            grows = grows and await asyncio.to_thread(adds, self._base, self._earlier)
            if not grows or await asyncio.to_thread(answers_flatly, self._patch):
                return "It works out less than before, and no earlier test says what that was for."
            if raised_in(self._source):
                return (
                    "Whatever fails may raise the error that is wanted: one example proves little."
                )
            if await asyncio.to_thread(renames, self._base, self._earlier):
                return "It only names something else in place of what failed, for one example."
            other = context.run.reading
            if other and " ".join(was.get(other.call, ())) != other.one:
                return "Another patch answers the example, too."
            if not self._functions:
                return "It changes no function, and one example is all that asks for it."
            await context.tell("whether the earlier tests notice when what was changed is broken")
            if not await self._anything_notices(context, before, most):
                return "With what it changes broken, all earlier tests still pass."
        others = await asyncio.to_thread(list, neighbours(self._base, self._earlier))
        for path, line, data in others:
            await context.tell(f"whether any test notices: {line[:100]}")
            tree = {**self._patched, path: Entry(mode=self._patched[path].mode, data=data)}
            if await self._green(tree, most) and not await self._held(context, before, tree):
                return f"Every test passes with `{line[:100]}`, too."
        return ""

    async def _green(self, tree: Tree, most: float) -> bool:
        """Whether every reproducing test passes in ``tree``, those of earlier versions, too."""
        for path in self._proof_tests:
            if (await self._tests.alone(tree, path, most=most)).exit_code:
                return False
        return True

    async def _anything_notices(self, context: RunContext, before: Suite, most: float) -> bool:
        """Whether anything notices when the changed functions give nothing: what the report shows
        as right, or an earlier test."""
        tree = await asyncio.to_thread(broken, self._patched, self._functions)
        for path in self._proof_tests:
            done = await self._tests.alone(tree, path, most=most)
            if lost(done.stdout + done.stderr):  # unittest writes on the second
                return True
        within = [False, True] if self._tests.plan.framework == "pytest" else [False]
        for only in within:
            tree = await asyncio.to_thread(
                partial(broken, self._earlier, self._functions, within_tests=only)
            )
            if await self._held(context, before, tree):
                return True
        return False

    async def _held(self, context: RunContext, before: Suite, tree: Tree) -> bool:
        """Whether a test that passed fails in ``tree``."""
        async with context.sandbox(tree) as sandbox:
            failing = sum(said == "failed" for said in before.tests.values())
            if before.finished.seconds > _LONG:
                near = await asyncio.to_thread(self.near)
                if _notices(before, await self._tests.suite(sandbox, near, before, failing + 1)):
                    return True
            after = await self._tests.suite(sandbox, (), before, failing + 1)
            if not (held := _notices(before, after)) and "stopping after" in after.finished.stdout:
                # What it ended at noticed nothing: modules that can't be imported any more.
                held = _notices(before, await self._tests.suite(sandbox, (), before))
        return held


def _notices(before: Suite, after: Suite) -> bool:
    """Whether a test fails that passed. One that is gone noticed nothing."""
    if not before.tests:
        return not suite_no_worse(before, after)[0]
    passed = {name for name, said in before.tests.items() if said == "passed"}
    return any(after.tests.get(name) == "failed" for name in passed)
