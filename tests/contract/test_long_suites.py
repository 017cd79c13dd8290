"""A suite that takes long runs beside the repair, and its limit is the run's; so does one of which
nothing runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from test_prove import BASE, MADE, MENDED, REPORT, TEST, opened

from bot.adapters.agents.cli import CommandAgent
from bot.adapters.agents.mechanic import Mechanic
from bot.domain.fixes.patch import Entry
from bot.domain.fixes.proof import Suite
from bot.domain.models import Verdict
from bot.domain.ports import Agent, Finished
from workers.fixes.steps import testing
from workers.fixes.steps.elsewhere import Elsewhere
from workers.fixes.steps.local import LocalRun
from workers.fixes.steps.prove import prove
from workers.fixes.steps.repair import repair_beside_suite
from workers.fixes.steps.reproduce import reproduce

HANGS = Entry(data=b"import threading\n\n\ndef test_it():\n    threading.Event().wait()\n")
LACKS = Entry(data=b"import not_installed\n\n\ndef test_it():\n    pass\n")
QUICK = Entry(data=b"def test_it():\n    pass\n")


@asynccontextmanager
async def reproduced(
    tmp_path: Path, agent: Agent, seconds: float, **files: Entry
) -> AsyncIterator[LocalRun]:
    """A run that has its test, beside the suite of these files."""
    async with opened(tmp_path, agent, items=[REPORT]) as context:
        context.run = context.run.model_copy(update={"seconds_allowed": seconds, "test_path": ""})
        ours = {f"tests/{name}.py": entry for name, entry in files.items()}
        await context.put_tree("base", {**BASE, **ours})
        await reproduce(context)
        assert (context.run.suite_before, bool(context.run.test_path)) == (None, True)
        yield context


async def test_nobody_waits_for_the_suite_before_the_repair(tmp_path: Path) -> None:
    async with reproduced(tmp_path, Mechanic(), 600.0, test_quick=QUICK) as context:
        await repair_beside_suite(context)
        assert context.before.tests.keys() >= {"tests.test_quick.test_it"}
        assert context.run.suite_before.exit_code == 0
        assert (await context.patch("fix")).paths == ("calc.py",)


async def test_of_a_suite_that_does_not_end_what_is_near_is_compared(tmp_path: Path) -> None:
    mends = CommandAgent("printf 'def pages(n):\\n    return -(-n // 10)\\n' > calc.py")
    async with reproduced(tmp_path, mends, 40.0, test_hangs=HANGS) as context:
        await repair_beside_suite(context)
        await prove(context)
        assert context.run.grade is Verdict.ON_ONE_EXAMPLE
        assert context.run.reason.endswith(", and of it only tests/test_old.py was compared.")
        assert context.run.suite_before.command.endswith(" tests/test_old.py")
        assert context.before.finished.timed_out


async def test_a_suite_of_which_nothing_runs_ends_no_repair(tmp_path: Path) -> None:
    mends = CommandAgent("printf 'def pages(n):\\n    return -(-n // 10)\\n' > calc.py")
    async with reproduced(tmp_path, mends, 600.0, test_old=LACKS) as context:
        await repair_beside_suite(context)
        await prove(context)
        assert context.run.grade is Verdict.ON_ONE_EXAMPLE
        assert "ran no test (exit code 1): E   ModuleNotFoundError" in context.run.reason
        assert (context.run.suite_before.exit_code, context.run.suite_after) == (1, None)


async def test_whether_a_test_notices_is_asked_of_those_near_first(tmp_path: Path) -> None:
    """The whole suite would not end: it hangs where it gets beyond them."""
    base = {**BASE, "tests/test_a.py": HANGS}
    patched = {**base, **MENDED, TEST: Entry(data=MADE.encode())}
    ended = Finished("pytest", 0, "", "", seconds=100.0)
    before = Suite(ended, {"tests.test_old.test_old": "passed"})
    async with opened(tmp_path, Mechanic()) as context:
        tests = await testing.Tests.of(context, base)
        elsewhere = Elsewhere(tests, base, patched, [TEST])
        assert await elsewhere.doubt(context, before, (None, {})) == ""
