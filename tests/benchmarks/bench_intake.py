"""What a report costs from its webhook to its cluster: CPU of our processes, Redis, memory.

The real ``soulcaster web`` and ``worker`` on a Redis that syncs every write, GitHub simulated in
this process. Texts are made up: words by Zipf's law, and a report in four says what one has said.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from bench_webhook import cpu
from length import FULL, announce

from bot.simulators.github import Limits
from handlers.demo.reports import DemoReport
from handlers.demo.senders import send_alert
from handlers.demo.stage import ADMIN, Stage, open_stage

ISSUES, ALERTS = (2_000, 5_000) if FULL else (300, 1_000)
WARM_UP = 100
SENDERS = 8
SENTRY_ISSUES = 200

Send = Callable[[], Awaitable[object]]


def words(rng: np.random.Generator, count: int) -> list[str]:
    rare = [f"handle{rng.integers(1_000_000)}Thing" for _ in range(3)]
    return [*(f"word{w}" for w in rng.zipf(1.25, count) % 60_000), *rare]


def issues(stage: Stage, rng: np.random.Generator) -> Iterator[Send]:
    told: list[list[str]] = []
    while True:
        if told and rng.random() < 0.25:
            said = list(told[rng.integers(len(told))])
            said[8:20] = words(rng, 9)
        else:
            said = words(rng, 107)
            told.append(said)
        title, body = " ".join(said[:8]), " ".join(said[8:])
        yield lambda title=title, body=body: stage.person(
            "/issues", login=ADMIN, title=title, body=body
        )


def alerts(stage: Stage, rng: np.random.Generator) -> Iterator[Send]:
    seen = 0
    while True:
        seen += 1
        issue = int(rng.integers(SENTRY_ISSUES))
        frames = [
            {"filename": f"shop/part{issue}.py", "function": f"step{issue + n}", "lineno": n}
            for n in range(8)
        ]
        value = {"type": "KeyError", "value": f"'name{issue}'", "stacktrace": {"frames": frames}}
        event = {
            "event_id": f"{seen:032x}",
            "issue_id": str(issue),
            "title": f"KeyError: 'name{issue}'",
            "datetime": "2026-11-16T08:30:00.5Z",
            "exception": {"values": [value]},
        }
        body = {"action": "triggered", "data": {"event": event}}
        report = DemoReport(source="sentry", problem="", delay=0, body=body)
        yield lambda report=report: send_alert(stage, report)


async def send(stage: Stage, sending: Iterator[Send], count: int) -> None:
    """As fast as they are taken, then until nothing is left to do."""
    left = islice(sending, count)

    async def one() -> None:
        for each in left:
            await each()

    await asyncio.gather(*(one() for _ in range(SENDERS)))

    async def idle() -> bool:
        return await stage.context.jobs.pending("work") == 0

    await stage.wait("the end of the work", idle, timeout=900)


async def measure(stage: Stage, name: str, sending: Iterator[Send], count: int) -> None:
    async def now() -> np.ndarray:
        told = await stage.context.redis.info("everything")
        spent = [cpu(stage.stack.pid(process)) * 1_000 for process in ("web", "worker")]
        calls = told["total_commands_processed"]
        return np.array([*spent, calls, told["used_memory"], asyncio.get_running_loop().time()])

    before = await now()
    await send(stage, sending, count)
    web, worker, calls, grown, took = await now() - before
    costs = [web, worker, web + worker, calls, grown]
    print(f"{name:8} {count:6}" + "".join(f"{cost / count:11.2f}" for cost in costs), end="")
    print(f"{took:9.1f}", flush=True)


async def main() -> None:
    announce("a minute", "ten minutes")
    rng = np.random.default_rng(5)
    with tempfile.TemporaryDirectory() as folder:
        async with open_stage(
            Path(folder), limits=Limits.none(), SOULCASTER_EMBEDDER="hashing"
        ) as stage:
            sending = {"issue": issues(stage, rng), "alert": alerts(stage, rng)}
            for each in sending.values():
                await send(stage, each, WARM_UP)
            print(f"{'each':8} {'sent':>6}" + "".join(
                f"{head:>11}" for head in ("web ms", "worker ms", "CPU ms", "commands", "bytes")
            ) + f"{'drained s':>9}")  # fmt: skip
            await measure(stage, "issue", sending["issue"], ISSUES)
            await measure(stage, "alert", sending["alert"], ALERTS)


if __name__ == "__main__":
    asyncio.run(main())
