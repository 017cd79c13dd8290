"""A suite that takes long: a part of it for the repair, or the limit said at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_prove import BASE, opened

from bot.adapters.agents.mechanic import Mechanic
from bot.domain.fixes.patch import Entry
from bot.domain.models import Verdict
from workers.fixes.steps import testing
from workers.fixes.steps.context import Ended

HANGS = Entry(data=b"import threading\n\n\ndef test_it():\n    threading.Event().wait()\n")
QUICK = Entry(data=b"def test_it():\n    pass\n")


async def at_first(tmp_path: Path, quick: int, slow: int):
    """``quick`` files end, the next one never does."""
    async with opened(tmp_path, Mechanic()) as context:
        context.run = context.run.model_copy(update={"seconds_allowed": 30.0})
        files = {f"tests/test_a{number}.py": QUICK for number in range(quick)}
        files |= {f"tests/test_z{number}.py": HANGS for number in range(slow)}
        files |= {"pytest.ini": Entry(data=b"[pytest]\ntestpaths = tests\n")}
        files |= {"shows/test_show.py": Entry(data=b"import calc, nowhere\n")}  # of no suite
        base = {**BASE, **files}
        tests = await testing.Tests.of(context, base)
        async with context.sandbox(base) as sandbox:
            return await tests.at_first(sandbox, base, ["calc.py"])


async def test_what_is_near_runs_where_all_of_it_takes_too_long(tmp_path: Path) -> None:
    suite = await at_first(tmp_path, 8, 1)
    assert suite.tests == {"tests.test_old.test_old": "passed"}
    assert suite.finished.command.endswith(" tests/test_old.py")


async def test_a_suite_that_no_proof_could_run_twice_is_a_limit_said_first(tmp_path: Path) -> None:
    with pytest.raises(Ended, match=r"was at 1\d % after .* --timeout 2m allows that") as ended:
        await at_first(tmp_path, 1, 9)
    assert ended.value.verdict is Verdict.LIMIT_REACHED
