"""Several processes as one: started in order, restarted when they die, stopped in reverse."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.log import log

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: a child of a process with threads must not take a lock.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """No orphan may outlive us, even after a kill -9 (Linux only; elsewhere SIGTERM does)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class ChildProcess:
    """One child. ``restarts`` counts how often it had to be started again."""

    name: str
    argv: Sequence[str]
    handle: asyncio.subprocess.Process | None = None
    keeper: asyncio.Task[None] | None = None
    restarts: int = 0


@dataclass
class Stack:
    """Children with one environment; what they print goes to ``logs/<name>.log``."""

    env: Mapping[str, str]
    logs: Path
    processes: dict[str, ChildProcess] = field(default_factory=dict)
    _stopping: bool = False

    async def start(self, name: str, *arguments: str) -> ChildProcess:
        """Start ``soulcaster <arguments>`` and keep it alive."""
        self.logs.mkdir(parents=True, exist_ok=True)
        process = ChildProcess(name, [sys.executable, "-m", "handlers.cli", *arguments])
        self.processes[name] = process
        await self._spawn(process)
        process.keeper = asyncio.create_task(self._keep(process))
        return process

    async def _spawn(self, process: ChildProcess) -> None:
        with (self.logs / f"{process.name}.log").open("ab") as output:
            process.handle = await asyncio.create_subprocess_exec(
                *process.argv,
                env=dict(self.env),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C is ours to hear: the order in which children stop matters.
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    async def _keep(self, process: ChildProcess) -> None:
        while process.handle:
            code = await process.handle.wait()
            if self._stopping:
                return
            log.warning("a process ended: starting it again", process=process.name, code=code)
            process.restarts += 1
            await asyncio.sleep(0.2)
            await self._spawn(process)

    def pid(self, name: str) -> int:
        """Process id of a child that lives now."""
        handle = self.processes[name].handle
        if handle is None:
            raise ProcessLookupError(name)
        return handle.pid

    async def stop(self, *, timeout: float = 15) -> None:
        """SIGTERM to each in reverse order, SIGKILL to who needs longer than ``timeout`` s."""
        self._stopping = True
        for process in reversed(self.processes.values()):
            handle = process.handle
            if handle is None or handle.returncode is not None:
                continue
            os.kill(handle.pid, signal.SIGTERM)
            try:
                await asyncio.wait_for(handle.wait(), timeout)
            except TimeoutError:
                handle.kill()
                await handle.wait()
        for process in self.processes.values():
            if process.keeper:
                process.keeper.cancel()
                await asyncio.gather(process.keeper, return_exceptions=True)
