"""The story's progress, as whoever watches sees it."""

from __future__ import annotations

import asyncio

from bot.domain.models import RunState
from handlers.demo.progress import Progress


def test_a_step_counts_its_items_and_its_time() -> None:
    now = [100.0]
    progress = Progress(["Install", "Reports"], clock=lambda: now[0])
    progress.start("Reports", total=42)
    progress.advance("Reports", by=40)
    now[0] = 103.5
    progress.advance("Reports", by=2, detail="all of them")
    install, reports = progress.snapshot()
    assert (install["state"], install["seconds"]) == ("pending", None)
    assert reports == {
        "name": "Reports",
        "state": "running",
        "detail": "all of them",
        "seconds": 3.5,
        "done": 42,
        "total": 42,
        "place": "",
    }
    progress.end("Reports", RunState.FAILED, detail="no room left")
    now[0] = 200.0
    failed = progress.snapshot()[1]
    assert (failed["state"], failed["seconds"], failed["detail"]) == ("failed", 3.5, "no room left")


async def test_a_watcher_sees_the_present_and_then_each_change() -> None:
    progress = Progress(["One"])
    watching = progress.watch()
    assert (await anext(watching))[0]["state"] == "pending"
    coming = asyncio.ensure_future(anext(watching))
    await asyncio.sleep(0)
    assert not coming.done()
    progress.start("One")
    assert (await asyncio.wait_for(coming, 1))[0]["state"] == "running"
    progress.end("One")
    assert (await anext(watching))[0]["state"] == "succeeded"
    await watching.aclose()
