# ruff: noqa: E402 (the helpers of the tests are found first)
"""How soon people see that they were heard, as a share of what each place allows.

On the simulators, with our own processes: eyes under a comment (goal: a second), the answer to a
slash command (Slack gives three), and an alert that is taken (Sentry gives one).
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "e2e")]

from e2e_kit import ask, comment, open_issue, reactions, report_of

from bot.simulators.github import Limits
from handlers.demo.senders import send_alert
from handlers.demo.stage import Stage, open_stage

ROUNDS = 15
PERSON = "U07INESF01"


async def median(act: Callable[[], Awaitable[object]]) -> float:
    """Seconds."""
    spent = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await act()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)


async def measure(stage: Stage) -> None:
    number = await open_issue(stage, "The footer is cut off", "On every page.")

    async def eyes() -> None:
        said = await comment(stage, number, "/soulcaster status")

        async def seen() -> bool:
            return "eyes" in await reactions(stage, number, said)

        await stage.wait("eyes", seen, timeout=10, every=0.01)

    for what, allowed, act in (
        ("eyes under a comment", 1, eyes),
        ("answer to a slash command", 3, lambda: ask(stage, PERSON, "status")),
        ("alert taken", 1, lambda: send_alert(stage, report_of("datadog"))),
    ):
        seconds = await median(act)
        print(f"{what:28} {seconds * 1000:6.0f} ms, {seconds / allowed:.2f} of {allowed} s allowed")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_stage(
            Path(folder), limits=Limits.none(), SOULCASTER_EMBEDDER="hashing"
        ) as stage:
            await measure(stage)


if __name__ == "__main__":
    asyncio.run(main())
