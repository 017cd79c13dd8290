"""Run the repository's tests in a sandbox, as its config or its files say."""

from __future__ import annotations

import re

from bot.domain.fixes.patch import Tree
from bot.domain.fixes.proof import outcomes
from bot.domain.fixes.testplan import TestPlan, how_to_test
from bot.domain.models import Verdict
from bot.domain.ports import Finished, Sandbox
from workers.fixes.steps.context import Ended, RunContext, ran

# Of the run's time, what one command may take.
_SHARE = 0.4
# What a shell says of a command that is not there, and pytest of a run without tests.
_NOTHING_RAN = {4, 5, 126, 127}


class Tests:
    """How the tests of one run are run."""

    def __init__(self, context: RunContext, plan: TestPlan) -> None:
        self.plan = plan
        self._context = context
        self._timeout = context.run.seconds_allowed * _SHARE
        # The plugins beside a local sandbox's pytest are ours, not the checkout's.
        local = context.sandboxes.id == "local"
        self._env = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} if local else {}

    @classmethod
    async def of(cls, context: RunContext, tree: Tree) -> Tests:
        """From the base commit. Raises Ended when it shows no tests."""
        config = (await context.config()).fix.tests
        plan = how_to_test(tree, command=config.command, install=config.install)
        if plan is None:
            raise Ended(
                Verdict.TESTS_DO_NOT_RUN,
                "No tests were found. Say how they run: fix.tests.command in "
                ".github/soulcaster.yml.",
            )
        return cls(context, plan)

    async def install(self, sandbox: Sandbox) -> None:
        """Install what the tests need, where the project opened the network for it."""
        if not (await self._context.config()).fix.egress:
            return
        for command in self.plan.install:
            done = await sandbox.run(command, timeout=self._timeout)
            await self._context.log(f"$ {command}\n{ran(done).tail[-800:]}")
            if done.exit_code:
                raise Ended(Verdict.TESTS_DO_NOT_RUN, f"`{command}` failed: see the log.")

    async def suite(self, sandbox: Sandbox, *, patched: bool = False) -> Finished:
        """The whole suite. Raises Ended when it does not run at all on the base.

        That it does not run with a patch is the patch's fault, and the proof's to say.
        """
        await self.install(sandbox)
        done = await self._run(sandbox, self.plan.suite)
        if patched:
            return done
        if done.timed_out:
            raise Ended(
                Verdict.LIMIT_REACHED,
                f"`{self.plan.suite}` did not end within {done.seconds:.0f} s, its share of the "
                "run's time; --timeout allows more.",
            )
        if self._ran_nothing(done):
            raise Ended(
                Verdict.TESTS_DO_NOT_RUN,
                f"`{self.plan.suite}` ran no test (exit code {done.exit_code}): {_why(done)}",
            )
        return done

    def _ran_nothing(self, done: Finished) -> bool:
        """Not found, nothing collected, or a runner that names its tests and names none."""
        if done.exit_code in _NOTHING_RAN:
            return True
        if done.exit_code == 0 or self.plan.framework not in ("pytest", "unittest"):
            return False
        named = outcomes(done.stdout) or outcomes(done.stderr)
        # A module that can't be imported is named too, but it is no test.
        return not any(
            "::" in name or ("(" in name and "_FailedTest" not in name) for name in named
        )

    async def one(self, sandbox: Sandbox, path: str) -> Finished:
        """The tests of one file."""
        return await self._run(sandbox, self.plan.command_for(path))

    async def alone(self, tree: Tree, path: str) -> Finished:
        """The tests of one file of ``tree``, in a sandbox of their own."""
        async with self._context.sandbox(tree) as sandbox:
            await self.install(sandbox)
            return await self.one(sandbox, path)

    async def _run(self, sandbox: Sandbox, command: str) -> Finished:
        done = await sandbox.run(command, timeout=self._timeout, env=self._env)
        await self._context.log(
            f"$ {command}\n{ran(done).tail[-1500:]}\nexit code {done.exit_code}, "
            f"{done.seconds:.1f} s"
        )
        return done


def _why(done: Finished) -> str:
    """The last line that speaks of an error, else the last line."""
    lines = [line.strip() for line in (done.stdout + "\n" + done.stderr).splitlines()]
    said = [line for line in lines if line] or ["it said nothing"]
    return next(
        (line for line in reversed(said) if re.search(r"Error\b|not found", line)), said[-1]
    )
