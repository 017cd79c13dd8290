"""The backstop: looks at a command again and again, and kills it when it takes too much. What the
kernel holds by itself is in ``cgroups`` and ``isolation``. Between two looks a command can take
more than its limit; a group with a limit of its own does not let it."""

import asyncio
import shutil
import subprocess
import time
from pathlib import Path

from bot.adapters.sandboxes import cgroups, isolation, processes
from bot.adapters.sandboxes.state import State

LOOK_EVERY = 0.1  # seconds between two looks at memory and processes
DISK_EVERY = 0.25  # at least, between two looks at the disk
DISK_SHARE = 4  # the disk is left alone for so many times as long as a look at it takes
MIN_FREE_BYTES = 500_000_000
BLOCK = 4096  # what a file or folder counts for at least, so that empty ones have an end too
FOLDERS = ("work", "home", "tmp")
# du(1) walks trees of any depth, and leaves the interpreter free.
_USED = 'du -s --block-size=1 -- "$@"; du -s --inodes -- "$@"'


class Watchdog:
    """Over one command of the sandbox in ``here``. ``reason`` is why the command was killed, for
    people; empty where it was not."""

    def __init__(self, here: Path, there: State) -> None:
        self._here, self._limits, self._group = here, there.limits, there.group
        self._walls, self._reader = there.walls, isolation.reader(there.way)
        self._memory_is_held = cgroups.limits_memory(there.group)
        self._killed = cgroups.out_of_memory(there.group)
        self._refused = cgroups.out_of_processes(there.group)
        self.reason = ""

    async def watch(self, pid: int) -> None:
        """Until ``pid`` has ended."""
        await asyncio.gather(self._often(pid), self._seldom(pid))

    async def look_back(self) -> None:
        """When the command has ended: was it more than allowed in the end?"""
        self.reason = self.reason or self._counted() or await asyncio.to_thread(self._stored)

    async def _often(self, pid: int) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if processes.process(pid) is None:
                # what it left behind may hold its output open, and we would wait for that
                await self._end(pid)
                return
            reason = self._counted() or await asyncio.to_thread(self._running, pid)
            if reason:
                return await self._end(pid, reason)

    async def _seldom(self, pid: int) -> None:
        took = 0.0
        while processes.process(pid) is not None:
            await asyncio.sleep(max(DISK_EVERY, DISK_SHARE * took))
            began = time.monotonic()
            if reason := await asyncio.to_thread(self._stored, pid):
                return await self._end(pid, reason)
            took = time.monotonic() - began

    async def _end(self, pid: int, reason: str = "") -> None:
        self.reason = self.reason or reason
        await asyncio.to_thread(processes.end, pid, str(self._here), self._walls)

    def _counted(self) -> str:
        """What the kernel has held the group to."""
        if cgroups.out_of_memory(self._group) > self._killed:
            return self._too_much_memory()
        if cgroups.out_of_processes(self._group) > self._refused:
            return self._too_many_processes()
        return ""

    def _running(self, pid: int) -> str:
        running = processes.below(pid, self._walls)
        if len(running) > self._limits.processes:
            return self._too_many_processes()
        if shutil.disk_usage(self._here.parent).free < MIN_FREE_BYTES:
            return "the disk is nearly full"
        return self._memory(sum(each.memory for each in running))

    def _stored(self, pid: int = -1) -> str:
        """Files of the sandbox, and those without a name that are still held below ``pid``."""
        disk = self._here.parent.stat().st_dev
        held = processes.unlinked(processes.below(pid, self._walls) if pid > 0 else [])
        on_disk = sum(size for (device, _), size in held.items() if device == disk)
        if self._used() + on_disk > self._limits.disk_mb << 20:
            return f"more than {self._limits.disk_mb} MB of disk"
        return self._memory(sum(held.values()) - on_disk)

    def _used(self) -> int:
        paths = [str(self._here / folder) for folder in FOLDERS]
        argv = [*self._reader, "/bin/sh", "-c", _USED, "sh", *paths]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        counts = [int(line.split("\t")[0]) for line in done.stdout.splitlines()]
        return max(sum(counts[: len(paths)]), sum(counts[len(paths) :]) * BLOCK)

    def _memory(self, held: int) -> str:
        over = not self._memory_is_held and held > self._limits.memory_mb << 20
        return self._too_much_memory() if over else ""

    def _too_much_memory(self) -> str:
        return f"more than {self._limits.memory_mb} MB of memory"

    def _too_many_processes(self) -> str:
        return f"more than {self._limits.processes} processes"
