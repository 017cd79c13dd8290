# ruff: noqa: E402 (the helpers of the tests are found first)
"""What a view and a placed report cost in a large project: commands sent to Redis, and CPU.

Names as arguments choose among them. GitHub is simulated in another thread, whose CPU is not
counted; nothing is embedded. A fifth of all reports are in one cluster.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from length import FULL, announce
from made import acts, count, make_project

from bot.context import open_context
from bot.settings import Settings
from bot.simulators.github import Limits
from handlers.demo.stage import ADMIN, open_stage
from workers.digests import posting
from workers.intake import sync

CLUSTERS, ITEMS = (20_000, 100_000) if FULL else (2_000, 10_000)
ROUNDS = 5


async def measure(settings: Settings, installation: int) -> None:
    async with open_context(settings) as ctx:
        await sync.sync_installation(ctx, installation)
        [project] = await ctx.projects.all()
        await make_project(ctx, project.id, clusters=CLUSTERS, items=ITEMS, largest=ITEMS // 5)
        began, wall = time.thread_time(), time.perf_counter()
        await ctx.overview.rebuild(project.id)
        spent, wall = time.thread_time() - began, time.perf_counter() - wall
        print(f"rebuilt in {wall:.1f} s, {spent:.1f} s of them CPU of ours")
        memory = (await ctx.redis.info("memory"))["used_memory"]
        print(f"{memory / ITEMS:,.0f} bytes in Redis a report, {memory / 2**20:,.0f} MB in all")
        await posting.write_tracking_issue(ctx, project)
        print(f"{'':36}{'sent':>8}{'in scripts':>12}{'CPU-ms':>9}")
        for name, act in acts(ctx, project).items():
            if sys.argv[1:] and name not in sys.argv[1:]:
                continue
            await act()  # what is remembered is there
            told = await count(ctx, act)
            times = []
            for _ in range(ROUNDS):
                began = time.thread_time()
                await act()
                times.append(time.thread_time() - began)
            middle = statistics.median(times) * 1000
            print(f"{name:36}{told.sent.total():8,}{told.inner:12,}{middle:9.1f}", flush=True)


async def main() -> None:
    announce("a minute", "ten minutes")
    print(f"{ITEMS:,} reports in {CLUSTERS:,} clusters")
    with tempfile.TemporaryDirectory() as folder:
        async with open_stage(
            Path(folder), processes=False, private=False, limits=Limits.none()
        ) as stage:
            installed = stage.github.install("acme", repositories=[stage.repository], sender=ADMIN)
            settings = Settings.load(stage.environment)
            await asyncio.to_thread(lambda: asyncio.run(measure(settings, installed.id)))


asyncio.run(main())
