"""An import through real processes: its quick pass, its worker killed, and what is live beside it.

    bench_import_live.py quick [RECORDS ...]    500, 10,000 and 100,000 with FULL=1
    bench_import_live.py kills [MB]             300 with FULL=1
    bench_import_live.py beside

``kills`` ends the worker with SIGKILL ten times while a file is read, and imports it once more.
``beside`` sends alerts one by one, alone and while 10,000 records are read and put in clusters.
"""

import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

import numpy as np
from bench_import import MB, jsonl
from length import FULL, announce

from bot.domain.imports import FileImport, Wanted
from bot.simulators.github import Limits
from handlers.demo.reports import DemoReport
from handlers.demo.senders import send_alert
from handlers.demo.stage import Stage, open_stage
from workers.intake.receiving import PIECE, begin, receive

ALERTS = 60


@asynccontextmanager
async def opened(**settings: str) -> AsyncIterator[Stage]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_stage(Path(folder), limits=Limits.none(), **settings) as stage:
            yield stage


async def hand_over(stage: Stage, path: Path) -> FileImport:
    ctx, project = stage.context, await stage.project()
    with path.open("rb") as file:
        size = file.seek(0, 2)
        one = await begin(ctx, project, "jsonl", path.name, Wanted(), size, by="a benchmark")
        file.seek(0)
        while data := file.read(PIECE):
            one = await receive(ctx, project, one, one.done, data)
    return one


async def until(stage: Stage, number: int, *stages: str, records: int = 0) -> FileImport:
    """The import, once it is in one of these stages, or so far."""

    async def there() -> FileImport | None:
        one = await stage.context.file_imports.get((await stage.project()).id, number)
        return one if one.stage in stages or one.records >= records > 0 else None

    found: FileImport = await stage.wait(", ".join(stages), there, timeout=7_200, every=0.02)
    return found


def made(folder: Path, size: int, *, records: int = 0, times: int = 1) -> Path:
    """A file of so many bytes, or records; ``times`` as long, each."""
    path, lines = folder / "old.jsonl", folder / "lines"
    jsonl(lines, records * 1_100 if records else size // times, random.Random(3))
    with lines.open() as file, path.open("w") as whole:
        for line in islice(file, records or None):
            told = json.loads(line)
            whole.write(json.dumps({**told, "body": "\n".join([told["body"]] * times)}) + "\n")
    lines.unlink()
    return path


async def quick(records: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = made(Path(folder), 0, records=records)
        async with opened() as stage:
            ctx, project = stage.context, await stage.project()
            await stage.wait("idle", lambda: idle(stage), timeout=120)
            await ctx.redis.delete(f"sc:{project.id}:profile")
            began = time.monotonic()
            one = await hand_over(stage, path)
            received, at = time.monotonic() - began, dict[str, float]()

            async def watch(name: str, stages: tuple[str, ...]) -> None:
                await until(stage, one.number, *stages)
                at[name] = time.monotonic() - began - received

            async def known() -> bool:
                held = await ctx.memory.profile(project.id)
                return held is not None and held.state not in ("none", "processing")

            async def profile() -> None:
                await stage.wait("the profile", known, timeout=600, every=0.05)
                at["profile"] = time.monotonic() - began - received

            reading = watch("read", ("quick pass", "clustering", ""))
            await asyncio.gather(profile(), reading, watch("quick ready", ("clustering", "")))
            one = await ctx.file_imports.get(project.id, one.number)
            told = ", ".join(f"{name} after {seconds:.1f} s" for name, seconds in at.items())
            print(
                f"{one.records:,} records: received in {received:.1f} s, {told} "
                f"({one.records / at['read']:,.0f} records/s read)",
                flush=True,
            )


async def kills(size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = made(Path(folder), size, times=6)
        with path.open("rb") as file:
            lines = sum(1 for _ in file)
        async with opened(SOULCASTER_EMBEDDER="hashing") as stage:
            ctx, project = stage.context, await stage.project()
            await stage.wait("idle", lambda: idle(stage), timeout=120)
            before = await ctx.items.last(project.id)
            one, began = await hand_over(stage, path), time.monotonic()
            stood = []
            for kill in range(1, 11):
                now = await until(stage, one.number, "", records=lines * kill // 11)
                stood.append(now.records)
                os.kill(stage.stack.pid("worker"), signal.SIGKILL)
            one = await until(stage, one.number, "quick pass", "clustering", "")
            took = time.monotonic() - began
            keys = await ctx.redis.hlen(f"sc:{project.id}:items") - before
            print(f"{path.stat().st_size / MB:.0f} MB, {lines:,} records, killed at {stood}")
            print(
                f"read in {took:.0f} s ({lines / took:,.0f} records/s): {one.new:,} new, "
                f"{one.known:,} known, {one.bad} bad; {keys:,} reports stored, last is "
                f"{await ctx.items.last(project.id) - before:,}",
                flush=True,
            )
            await until(stage, one.number, "clustering", "")
            again, began = await hand_over(stage, path), time.monotonic()
            again = await until(stage, again.number, "quick pass", "clustering", "")
            took = time.monotonic() - began
            print(f"the second time: {again.new} new, {again.known:,} known in {took:.0f} s")


async def idle(stage: Stage) -> bool:
    return await stage.context.jobs.pending("history") == 0


async def beside() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = made(Path(folder), 0, records=10_000)
        async with opened() as stage:
            await stage.wait("idle", lambda: idle(stage), timeout=120)
            await live(stage, 0, 10)  # warm
            alone = await live(stage, 100, ALERTS)
            one = await hand_over(stage, path)
            reading = await live(stage, 1_000, ALERTS)
            await until(stage, one.number, "quick pass", "clustering", "")
            clustering = await live(stage, 2_000, ALERTS)
            for when, took in (("reading", reading), ("clustering", clustering)):
                for what, mine, other in zip(("2xx", "cluster"), took, alone, strict=True):
                    told = [(np.median(x), np.percentile(x, 95)) for x in (mine, other)]
                    (half, most), (half_alone, most_alone) = told
                    print(
                        f"while {when}, until its {what}: median {half * 1000:.0f} ms "
                        f"({half / half_alone:.1f} times {half_alone * 1000:.0f}), 95 % "
                        f"{most * 1000:.0f} ms ({most / most_alone:.1f} times)",
                        flush=True,
                    )


async def live(stage: Stage, first: int, many: int) -> tuple[list[float], list[float]]:
    """Seconds until each alert was acknowledged, and until its report was in a cluster."""
    ctx, project = stage.context, await stage.project()
    acknowledged, placed = [], []
    for number in range(first, first + many):
        event = {
            "event_id": f"{number:032x}",
            "issue_id": str(number),
            "title": f"KeyError: 'name{number}'",
            "datetime": "2026-11-16T08:30:00.5Z",
            "exception": {"values": [{"type": "KeyError", "value": f"'name{number}'"}]},
        }
        body = {"action": "triggered", "data": {"event": event}}
        began = time.monotonic()
        await send_alert(stage, DemoReport(source="sentry", problem="", delay=0, body=body))
        acknowledged.append(time.monotonic() - began)

        async def there(key: str = str(number)) -> bool:
            item = await ctx.items.by_key(project.id, "sentry", key)
            return bool(item and await ctx.items.cluster_of(project.id, item))

        await stage.wait(f"the cluster of {number}", there, timeout=120, every=0.01)
        placed.append(time.monotonic() - began)
        await asyncio.sleep(0.05)
    return acknowledged, placed


def main() -> None:
    announce("three minutes", "half an hour")
    what, *numbers = sys.argv[1:] or ["quick"]
    if what == "quick":
        for records in map(int, numbers or (["500", "10000", "100000"] if FULL else ["500"])):
            asyncio.run(quick(records))
    elif what == "kills":
        asyncio.run(kills(int(numbers[0] if numbers else 300 if FULL else 20) * MB))
    else:
        asyncio.run(beside())


if __name__ == "__main__":
    main()
