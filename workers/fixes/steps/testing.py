"""Run the repository's tests in a sandbox, as its config or its files say."""

import base64
import inspect
import json
import math
import posixpath
import re
import shlex
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Self

from bot.adapters.agents.mechanic.archive import engine_archive
from bot.adapters.sandboxes import unittests
from bot.domain.fixes import testplan
from bot.domain.fixes.answers import Answers, answers_of
from bot.domain.fixes.calls import Calls
from bot.domain.fixes.patch import Tree, text_of
from bot.domain.fixes.proof import NO_TESTS, Suite
from bot.domain.fixes.testfiles import tests_in
from bot.domain.models import Verdict
from bot.domain.ports import Finished, Sandbox
from bot.render.defuse import uncoloured
from workers.fixes.steps.context import Ended, RunContext, ran
from workers.fixes.steps.environment import environment_of

# Of the run's time, what one command may take.
_SHARE = 0.4
# What a shell says of a command that is not there, and pytest of words it can't follow.
_NOT_STARTED = {4, 126, 127}
_MAX_REPORT = 64_000_000


class Tests:
    """How the tests of one run are run."""

    def __init__(self, context: RunContext, plan: testplan.TestPlan) -> None:
        self.plan, self._context = plan, context
        self._timeout = context.run.seconds_allowed * _SHARE
        # The plugins beside a local sandbox's own pytest are ours, not the checkout's.
        bare = context.sandboxes.id == "local" and not context.has_environment
        self._env = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} if bare else {}

    @classmethod
    async def of(cls, context: RunContext, tree: Tree) -> Self:
        """From the base commit, with what it needs installed. Raises Ended where that can't be."""
        config = (await context.config()).fix.tests
        plan = testplan.how_to_test(tree, command=config.command)
        if plan is None:
            raise Ended(Verdict.TESTS_DO_NOT_RUN, f"No tests were found; {testplan.SAY_HOW}.")
        await environment_of(context, tree)
        return cls(context, plan)

    async def suite(
        self, sandbox: Sandbox, part: Sequence[str] = (), before: Suite | None = None, most: int = 0
    ) -> Suite:
        """The whole suite, or a ``part`` of pytest's, which ends after so many failures, ``most``.
        Raises Ended where it does not start on the base; with a patch, where ``before`` is what it
        was without, that is the proof's to say, and may take twice as long."""
        if self.plan.framework == "unittest":
            await sandbox.write(testplan.UNITTESTS, inspect.getsource(unittests).encode())
        named = self.plan.part_of(part) if part else self.plan.suite
        last = f" --maxfail={most}" if most and self.plan.framework == "pytest" else ""
        command = f"{self.plan.recorded or named}{last}"
        longer = 2 * before.finished.seconds if before else 0.0
        patience = max(longer, self._timeout / (2 if part else 1))
        done = replace(await self._run(sandbox, command, patience), command=named)
        suite = Suite.of(done, await self._report(sandbox, self.plan.report))
        if not before and done.exit_code in _NOT_STARTED:
            raise Ended(Verdict.TESTS_DO_NOT_RUN, self.why_nothing(suite))
        return suite

    def why_nothing(self, tried: Suite) -> str:
        """Why no test of a suite ran that has some, as where no module can be imported: it did not
        start, or a runner that names its tests names none. Empty where some ran."""
        done, suite = tried.finished, self.plan.suite
        names = bool(self.plan.report) or self.plan.framework == "cargo"
        silent = names and not tried.ran and done.exit_code not in (0, NO_TESTS)
        if done.timed_out or not (silent or done.exit_code in _NOT_STARTED):
            return ""
        program = re.search(r"([\w./-]+): (?:command )?not found", done.stderr)
        if done.exit_code == 127 and program and program[1] in suite.split():
            return (
                f"{program[1]} is not installed here, and `{suite}` needs it: install it where "
                "fixes run, or in the template of their sandboxes."
            )
        lacking = [f"{each}." for each in self._context.run.environment[1:]]
        reasons = " ".join([_why(done), *lacking][:3])
        return f"`{suite}` ran no test (exit code {done.exit_code}): {reasons}"

    async def _report(self, sandbox: Sandbox, path: str) -> str:
        """The suite's report, which it may have left unwritten, or anything else in its place."""
        if not path:
            return ""
        packed = f"gzip -c {shlex.quote(path)} | base64 -w0"
        done = await sandbox.run(packed, timeout=60)
        try:
            unpacked = zlib.decompressobj(wbits=31)
            data = unpacked.decompress(base64.b64decode(done.stdout, validate=True), _MAX_REPORT)
        except (ValueError, zlib.error):
            return ""
        return "" if unpacked.unconsumed_tail else data.decode("utf-8", "replace")

    async def examples(self, sandbox: Sandbox, modules: Sequence[str]) -> Suite:
        """The examples in the docstrings of modules, each a test."""
        done = await self._run(sandbox, self.plan.examples_of(modules))
        where = posixpath.join(self.plan.root, testplan.EXAMPLES)
        return Suite.of(done, await self._report(sandbox, where))

    async def calls(self, sandbox: Sandbox, calls: Calls) -> Answers:
        """What each call gives."""
        await self.put_calls(sandbox, calls)
        return answers_of((await self._run(sandbox, self.plan.trying)).stdout)

    @staticmethod
    async def put_calls(sandbox: Sandbox, calls: Calls) -> None:
        """What the command for trying reads."""
        await sandbox.write(testplan.TRYING, engine_archive())
        await sandbox.write(testplan.CALLS, json.dumps(calls).encode())

    async def one(
        self, sandbox: Sandbox, tree: Tree, path: str, *, most: float = math.inf
    ) -> Finished:
        """The tests of one file of ``tree``, which the sandbox has, in at most so many seconds."""
        command = self.plan.command_for(path, tests_in(text_of(tree.get(path))))
        return await self._run(sandbox, command, min(self._timeout, most))

    async def alone(self, tree: Tree, path: str, *, most: float = math.inf) -> Finished:
        """The tests of one file of ``tree``, in a sandbox of their own."""
        async with self._context.sandbox(tree) as sandbox:
            return await self.one(sandbox, tree, path, most=most)

    async def _run(self, sandbox: Sandbox, command: str, timeout: float = 0) -> Finished:
        done = await sandbox.run(command, timeout=timeout or self._timeout, env=self._env)
        # A project may ask for colours whatever the environment says (--color=yes).
        done = replace(done, stdout=uncoloured(done.stdout), stderr=uncoloured(done.stderr))
        await self._context.log(
            f"$ {command}\n{ran(done).tail[-1500:]}\nexit code {done.exit_code}, "
            f"{done.seconds:.1f} s"
        )
        return done


def _why(done: Finished) -> str:
    """The last line that speaks of an error, else the last line."""
    lines = [line.strip() for line in (done.stdout + "\n" + done.stderr).splitlines()]
    said = [line for line in lines if line and not line.startswith("rootdir:")]
    said = said or ["it said nothing"]
    error = re.compile(r"Error\b|Exception:|ERROR\]|not found|error:")
    return next((line for line in reversed(said) if error.search(line)), said[-1])
