# ruff: noqa: E402 (the helpers of the tests are found first)
"""How soon people see that they were heard, as a share of what each place allows.

On the simulators, with our own processes: eyes under a comment (goal: a second for 95 of 100), a
slash command acknowledged (goal: 300 ms for 99 of 100) and answered (Slack gives three seconds),
and an alert that is taken (Sentry gives one). Nothing else may run on the machine.
"""

import asyncio
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS), str(TESTS / "e2e")]

from e2e_kit import ask, comment, open_issue, reactions, report_of, settled

from bot.simulators.github import Limits
from handlers.demo.senders import send_alert
from handlers.demo.stage import Stage, open_stage

ROUNDS = 100
PERSON = "U07INESF01"


async def taken(act: Callable[[], Awaitable[object]]) -> list[float]:
    """Milliseconds of each time, the shortest first."""
    spent = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await act()
        spent.append((time.perf_counter() - began) * 1000)
    return sorted(spent)


async def measure(stage: Stage) -> None:
    number = await open_issue(stage, "The footer is cut off", "On every page.")

    async def eyes() -> None:
        said = await comment(stage, number, "/soulcaster status")

        async def seen() -> bool:
            return "eyes" in await reactions(stage, number, said)

        await stage.wait("eyes", seen, timeout=10, every=0.01)

    async def acknowledged() -> None:
        said = {"user": PERSON, "channel": stage.channel, "text": "status"}
        outcome = await stage.slacker("command", **said)
        assert outcome["ok"], outcome

    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    for what, allowed, share, act in (
        ("eyes under a comment", 1, 0.95, eyes),
        ("a slash command acknowledged", 0.3, 0.99, acknowledged),
        ("its answer", 3, 0.95, lambda: ask(stage, PERSON, "status")),
        ("alert taken", 1, 0.99, lambda: send_alert(stage, report_of("datadog"))),
    ):
        await settled(stage)
        spent = await taken(act)
        held = spent[math.ceil(share * ROUNDS) - 1]
        print(
            f"{what:30} p50 {statistics.median(spent):5.0f} ms, p{share * 100:.0f} {held:5.0f} ms, "
            f"{held / allowed / 1000:.2f} of {allowed} s allowed"
        )


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_stage(
            Path(folder), limits=Limits.none(), SOULCASTER_EMBEDDER="hashing"
        ) as stage:
            await measure(stage)


if __name__ == "__main__":
    asyncio.run(main())
