"""A suite that takes long: a part of it for the repair, or the limit said at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_prove import BASE, MADE, MENDED, NOW, TEST, opened

from bot.adapters.agents.mechanic import Mechanic
from bot.domain.audience import Audience
from bot.domain.fixes.patch import Entry
from bot.domain.fixes.proof import Suite
from bot.domain.models import Item, Verdict
from bot.domain.ports import Finished
from workers.fixes.steps import testing
from workers.fixes.steps.context import Ended
from workers.fixes.steps.elsewhere import Elsewhere
from workers.fixes.steps.reproduce import reproduce

HANGS = Entry(data=b"import threading\n\n\ndef test_it():\n    threading.Event().wait()\n")
QUICK = Entry(data=b"def test_it():\n    pass\n")


REPORT = Item(
    audience=Audience.TEAM,
    number=1,
    source="feedback",
    key="r",
    event="r",
    title="A page too many",
    body="```python\nfrom calc import pages\npages(20)  # got 3, expected 2\n```",
    occurred_at=NOW,
    created_at=NOW,
    updated_at=NOW,
)


async def reproduced(tmp_path: Path, quick: int, slow: int):
    """The run; ``quick`` files end, the next one never does."""
    async with opened(tmp_path, Mechanic(), items=[REPORT]) as context:
        context.run = context.run.model_copy(update={"seconds_allowed": 60.0})
        files = {f"tests/test_a{number}.py": QUICK for number in range(quick)}
        files |= {f"tests/test_z{number}.py": HANGS for number in range(slow)}
        files |= {"pytest.ini": Entry(data=b"[pytest]\ntestpaths = tests\n")}
        files |= {"shows/test_show.py": Entry(data=b"import calc, nowhere\n")}  # of no suite
        context.run = context.run.model_copy(update={"test_path": ""})
        await context.put_tree("base", {**BASE, **files})
        await reproduce(context)
        return context.run


async def test_what_is_near_runs_where_all_of_it_takes_too_long(tmp_path: Path) -> None:
    """No file is named: what the reproducing test asks is what it is near to."""
    run = await reproduced(tmp_path, 8, 1)
    assert run.suite_before.command.endswith(" tests/test_old.py")
    assert run.suite_before.exit_code == 0


async def test_a_suite_that_no_proof_could_run_twice_is_a_limit_said_first(tmp_path: Path) -> None:
    with pytest.raises(Ended, match=r"was at 1\d % after .* --timeout 3m allows that") as ended:
        await reproduced(tmp_path, 1, 9)
    assert ended.value.verdict is Verdict.LIMIT_REACHED


async def test_whether_a_test_notices_is_asked_of_those_near_first(tmp_path: Path) -> None:
    """The whole suite would not end: it hangs where it gets beyond them."""
    base = {**BASE, "tests/test_a.py": HANGS}
    patched = {**base, **MENDED, TEST: Entry(data=MADE.encode())}
    ended = Finished("pytest", 0, "", "", seconds=100.0)
    before = Suite(ended, {"tests.test_old.test_old": "passed"})
    async with opened(tmp_path, Mechanic()) as context:
        tests = await testing.Tests.of(context, base)
        elsewhere = Elsewhere(tests, base, patched, [TEST])
        assert await elsewhere.grade(context, before, (None, {})) == (Verdict.PROVED, "")
