"""What a patch does beside the suite, and whether any earlier test would notice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.domain.fixes.answers import Answers, broken_calls, changed_calls
from bot.domain.fixes.calls import calls_of, examples_in, raised_in
from bot.domain.fixes.functions import broken, changed
from bot.domain.fixes.patch import Tree, text_of
from bot.domain.fixes.proof import Suite, suite_no_worse
from bot.domain.models import Verdict
from bot.domain.ports import Differing, Sandbox
from workers.fixes.steps.context import RunContext
from workers.fixes.steps.testing import Tests

Seen = tuple[Suite | None, Answers]  # examples in docstrings, and what calls give
_MOST_SHOWN = 5
_ENOUGH = 2  # examples that are independent


class Elsewhere:
    """One patch, looked at on the base and with it; ``proof_tests`` are of the reproduction.

    For a runner that is not Python's there is nothing to look at.
    """

    def __init__(self, tests: Tests, base: Tree, patched: Tree, proof_tests: Sequence[str]) -> None:
        self._tests = tests
        self._source = "\n".join(text_of(patched.get(path)) for path in proof_tests)
        self._functions = found = changed(base, patched) if tests.plan.trying else []
        modules = sorted({one.path for one in found})
        self._modules = [path for path in modules if ">>> " in text_of(patched[path])]
        self._calls = calls_of(found, patched, proof_tests) if found else {}
        self._earlier = {p: e for p, e in patched.items() if p in base or p not in proof_tests}

    async def at(self, sandbox: Sandbox) -> Seen:
        """What the tree in a sandbox shows."""
        examples = await self._tests.examples(sandbox, self._modules) if self._modules else None
        return examples, await self._tests.calls(sandbox, self._calls) if self._calls else {}

    def worse(self, before: Seen, after: Seen) -> list[str]:
        """What is worse, a line each."""
        worse: list[str] = []
        # Where none was read before there is nothing to compare with: pytest may not be there.
        if before[0] and after[0] and before[0].tests:
            worse += suite_no_worse(before[0], after[0])[1]
        return worse + broken_calls(before[1], after[1], raised_in(self._source))

    def changes(self, before: Seen, after: Seen) -> tuple[Differing, ...]:
        """Calls whose answer is another one now."""
        return tuple(changed_calls(before[1], after[1])[:_MOST_SHOWN])

    async def grade(self, context: RunContext, before: Suite) -> Verdict:
        """Proved, where two examples say it or a test from before notices the functions break.

        One example that another patch answers as well, and other calls otherwise, proves neither.
        """
        if len(examples_in(self._source)) >= _ENOUGH:
            return Verdict.PROVED
        if not self._functions or context.run.reading is not None:
            return Verdict.ON_ONE_EXAMPLE
        await context.tell("whether the earlier tests notice when what was changed is broken")
        tree = await asyncio.to_thread(broken, self._earlier, self._functions)
        async with context.sandbox(tree) as sandbox:
            after = await self._tests.suite_until(sandbox, _failing(before) + 1)
            if not (held := _notices(before, after)) and "stopping after" in after.finished.stdout:
                # What it ended at noticed nothing: modules that can't be imported any more.
                held = _notices(before, await self._tests.suite(sandbox, patched=True))
        return Verdict.PROVED if held else Verdict.ON_ONE_EXAMPLE


def _failing(suite: Suite) -> int:
    return sum(said == "failed" for said in suite.tests.values())


def _notices(before: Suite, after: Suite) -> bool:
    """Whether a test fails that passed. One that is gone noticed nothing."""
    if not before.tests:
        return not suite_no_worse(before, after)[0]
    passed = {name for name, said in before.tests.items() if said == "passed"}
    return any(after.tests.get(name) == "failed" for name in passed)
