"""A platform that starts again what ended, and everything that can happen to it."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from outlive_kit import PROCFILE, Processes, RedisServer

HERE = Path(__file__).parent
# https://github.com/wolfcw/libfaketime; without it no clock is set.
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
# One request in eight fails, in one of the ways that vendors fail.
GITHUB_FAULTS = (
    {"share": 0.04, "status": 502},
    {"share": 0.03, "match": {"method": "POST"}, "after": True},
    {
        "share": 0.02,
        "status": 403,
        "headers": {"Retry-After": "1"},
        "body": {"message": "You have exceeded a secondary rate limit."},
    },
    {"share": 0.03, "delay": 1.0},
    {"share": 0.3, "match": {"method": "GET", "path": "comments|issues|pulls"}, "stale": 2},
)
SLACK_FAULTS = (
    {"share": 0.04, "status": 500},
    {"share": 0.03, "match": {"method": "chat.*"}, "drop_connection": True, "after": True},
    {"share": 0.05, "status": 429, "retry_after": 1},
)
ALWAYS = {"times": 10**9}


def power_cut_library(folder: Path) -> Path:
    """The library to preload that keeps what was synced."""
    if not shutil.which("cc"):
        pytest.skip("no C compiler: a power cut is made with a small library")
    made = folder / "power_cut.so"
    source = HERE / "power_cut.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", made, source, "-ldl"], check=True)
    return made


def cut_power(folder: Path) -> int:
    """Leave of the files what had been synced; how many lost something."""
    lost = 0
    for file in [path for path in folder.rglob("*") if path.is_file()]:
        kept = file.with_name(f"{file.name}.synced")
        if ".synced" in file.name or file.suffix in (".lock", ".sock"):
            continue
        if ".aof" in file.name and kept.exists():
            size = int(kept.read_text())
            lost += file.stat().st_size > size
            os.truncate(file, size)
        elif kept.exists():
            lost += file.read_bytes() != kept.read_bytes()
            shutil.copyfile(kept, file)
        elif file.name.startswith("spool.db"):
            # A journal that was never synced, or what processes that live share.
            file.unlink()
            lost += 1
    return lost


class Platform(Processes):
    """Our processes; what ended is started again half a second later, as platforms do."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        super().__init__(folder, settings)
        # How those ended that nobody killed.
        self.by_themselves: list[str] = []

    async def keep(self) -> None:
        """For ever."""
        while True:
            for name, process in list(self.running.items()):
                code = process.poll()
                if code is not None:
                    if code != -signal.SIGKILL:
                        self.by_themselves.append(f"{name}: {code}\n{self.said(name)[-2000:]}")
                    await asyncio.sleep(0.5)
                    self.start_one(name)
            await asyncio.sleep(0.1)

    def kill(self, name: str) -> None:
        """As the kernel does when memory runs out."""
        self.running[name].kill()


@dataclass
class Trouble:
    """What goes wrong, and how often it did."""

    platform: Platform
    server: RedisServer
    folder: Path
    chance: random.Random
    ends_at: float
    counts: Counter[str] = field(default_factory=Counter)
    # When something was last killed, by ``time.monotonic``.
    since: list[float] = field(default_factory=list)

    async def go_on(self) -> None:
        """One trouble after another, each kind as often as the others, until the time is over."""
        kinds = [*PROCFILE, "redis", "hung", "full", "readonly", "power"]
        kinds += ["clock"] * (FAKETIME is not None)
        while time.monotonic() < self.ends_at:
            self.chance.shuffle(kinds)
            for kind in kinds:
                await asyncio.sleep(self.chance.uniform(0.5, 2.5))
                self.counts[kind] += 1
                self.since.append(time.monotonic())
                if kind in PROCFILE:
                    self.platform.kill(kind)
                else:
                    await getattr(self, f"_{kind}")()
                if time.monotonic() > self.ends_at:
                    break

    async def _redis(self) -> None:
        self.server.kill()
        await asyncio.sleep(self.chance.uniform(0.1, 2))
        self.server.start()

    async def _hung(self) -> None:
        with self.server.hangs():
            await asyncio.sleep(self.chance.uniform(1, 3))

    async def _full(self) -> None:
        with self._while_it_answers(), self.server.out_of_memory():
            await asyncio.sleep(self.chance.uniform(1, 3))

    async def _readonly(self) -> None:
        with self._while_it_answers(), self.server.readonly():
            await asyncio.sleep(self.chance.uniform(1, 3))

    @contextmanager
    def _while_it_answers(self) -> Iterator[None]:
        # It may have been killed a moment ago, and read its log still.
        for _ in range(100):
            with suppress(Exception):
                self.server.client.ping()
                break
            time.sleep(0.05)
        yield

    async def _power(self) -> None:
        """The whole machine at once."""
        for process in self.platform.running.values():
            process.kill()
        self.server.kill()
        for process in self.platform.running.values():
            process.wait()
        self.counts["files that lost unsynced bytes"] += cut_power(self.folder)
        self.server.start()

    async def _clock(self) -> None:
        """Set back or forth under the feet of who runs."""
        self.set_clock(f"{self.chance.uniform(-50, 50):+.1f}s")

    def set_clock(self, by: str) -> None:
        """For those that run and those to come."""
        (self.folder / "clock").write_text(by)


def preloaded(folder: Path) -> dict[str, str]:
    """The environment of a machine whose power can be cut and whose clock can be set."""
    libraries = [str(power_cut_library(folder))]
    clock: dict[str, str] = {}
    if FAKETIME:
        libraries.append(str(FAKETIME))
        clock = {
            "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        (folder / "clock").write_text("+0s")
    return {"LD_PRELOAD": " ".join(libraries), "POWER_CUT_FOLDER": str(folder), **clock}
