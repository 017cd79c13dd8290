"""Turn a report into a test that fails on the base commit, for the reported reason."""

from __future__ import annotations

import asyncio

from bot.domain.models import Verdict
from bot.domain.patch import Entry, Tree, apply, diff
from bot.domain.reproduction import Report, Reproduction, candidates, fails_for_the_reason
from bot.domain.views.cluster import count
from bot.log import redact
from workers.fixing.bench import Bench, Ended, ran
from workers.fixing.testing import Tests


async def reproduce(bench: Bench) -> None:
    """Leaves ``test``: a patch that adds the failing test."""
    base = await bench.tree("base")
    tests = await Tests.of(bench, base)
    reports = [Report.of(item.number, item) for item in (await bench.case()).items]
    found = await asyncio.to_thread(candidates, reports, base, name=f"C-{bench.run.cluster}")
    await bench.tell(
        f"{tests.plan.framework}: {tests.plan.why}; {count(len(found), 'example')} to try"
    )
    async with bench.sandbox(base) as sandbox:
        before = await tests.suite(sandbox)
    await bench.set(suite_before=ran(before))
    for tried in found:
        if await _is_red(bench, base, tests, tried):
            return
    raise Ended(
        Verdict.NOT_REPRODUCED,
        f"{count(len(found), 'example')} from the reports tried; none fails as reported."
        if found
        else "The reports hold no example that can be run. Add one, such as: "
        "f(1) returns 2, expected 3.",
    )


async def _is_red(bench: Bench, base: Tree, tests: Tests, tried: Reproduction) -> bool:
    patch = diff(base, {**base, tried.path: Entry(data=tried.source.encode())})
    async with bench.sandbox(apply(base, patch)) as sandbox:
        await tests.install(sandbox)
        done = await tests.one(sandbox, tried.path)
    if done.exit_code == 0 or not fails_for_the_reason(done.stdout + done.stderr, tried):
        return False
    await bench.put_patch("test", patch)
    await bench.set(red=ran(done), test_path=tried.path, test_source=redact(tried.source))
    names = " ".join(f"I-{number}" for number in tried.items)
    await bench.tell(f"red, as {names} says: {tried.says}")
    return True
