"""Several processes as one: started in order, restarted when they die, stopped the first last."""

import asyncio
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from bot.domain.errors import ConfigError
from bot.log import log

# As in the Procfile; a test holds it.
PROCESSES: Mapping[str, tuple[str, ...]] = {
    "web": ("web",),
    "worker": ("worker", "--queue", "work"),
    "fixer": ("worker", "--queue", "fixes"),
    "clock": ("clock",),
}
_PR_SET_PDEATHSIG = 1
# Seconds before a process is started again: the first time, and at most.
_SOON, _LATEST = 0.2, 30.0
# A process that lived for so many seconds was well: the next end of it is a new one.
_WELL = 60.0
# How our processes end when a setting is wrong: starting again mends nothing.
_CONFIG_ERROR = 2
# Of one line that a process prints, in bytes.
_LONGEST_LINE = 1024 * 1024
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
    arguments: Sequence[str]
    handle: asyncio.subprocess.Process | None = None
    keeper: asyncio.Task[None] | None = None
    printer: asyncio.Task[None] | None = None
    restarts: int = 0


@dataclass
class Stack:
    """Children with one environment. What they print goes to ``<logs>/<name>.log``, or with their
    names before it to our own standard error where ``logs`` is None."""

    env: Mapping[str, str]
    logs: Path | None
    processes: dict[str, ChildProcess] = field(default_factory=dict)
    _stopping: bool = False

    async def start(self, name: str, *arguments: str) -> ChildProcess:
        """Start ``soulcaster <arguments>`` and keep it alive."""
        process = ChildProcess(name, arguments)
        self.processes[name] = process
        await self.spawn(process)
        process.keeper = asyncio.create_task(self._keep(process))
        return process

    async def spawn(self, process: ChildProcess) -> None:
        """Give the child a process of the system."""
        with self._output(process.name) as output:
            process.handle = await asyncio.create_subprocess_exec(
                # -P: nothing of the folder we were started in is imported, whatever its name.
                *(sys.executable, "-P", "-m", "handlers.cli", *process.arguments),
                env=dict(self.env),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                limit=_LONGEST_LINE,
                # Ctrl-C is ours to hear: the order in which children stop matters.
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        if process.handle.stdout:
            process.printer = asyncio.create_task(_print(process.name, process.handle.stdout))

    @contextmanager
    def _output(self, name: str) -> Iterator[IO[bytes] | int]:
        if self.logs is None:
            yield asyncio.subprocess.PIPE
            return
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as file:
            yield file

    async def _keep(self, process: ChildProcess) -> None:
        wait = _SOON
        while process.handle:
            began = time.monotonic()
            code = await process.handle.wait()
            if self._stopping:
                return
            if code == _CONFIG_ERROR and not process.restarts:
                raise ConfigError(f"{process.name} could not begin: it says why above.")
            wait = _SOON if time.monotonic() - began > _WELL else wait
            log.warning("a process ended: starting it again", process=process.name, code=code)
            process.restarts += 1
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LATEST)
            if not self._stopping:
                await self.spawn(process)

    async def wait(self) -> None:
        """For ever; raises ConfigError when a process cannot even begin."""
        await asyncio.gather(
            *(process.keeper for process in self.processes.values() if process.keeper)
        )

    def pid(self, name: str) -> int:
        """Process id of a child that lives now."""
        handle = self.processes[name].handle
        if handle is None:
            raise ProcessLookupError(name)
        return handle.pid

    async def stop(self, *, timeout: float = 25) -> None:
        """SIGTERM to all, the first of them last, for it hears senders; SIGKILL to who lives after
        ``timeout`` seconds in all: platforms give 30."""
        self._stopping = True
        first, *others = [process.handle for process in self.processes.values()] or [None]
        try:
            async with asyncio.timeout(timeout):
                for wave in others, [first]:
                    alive = [each for each in wave if each and each.returncode is None]
                    for handle in alive:
                        os.kill(handle.pid, signal.SIGTERM)
                    await asyncio.gather(*(handle.wait() for handle in alive))
        except TimeoutError:
            for handle in [each for each in (*others, first) if each and each.returncode is None]:
                handle.kill()
                await handle.wait()
        for process in self.processes.values():
            if process.keeper:
                process.keeper.cancel()
            left = [task for task in (process.keeper, process.printer) if task]
            await asyncio.gather(*left, return_exceptions=True)


async def _print(name: str, lines: asyncio.StreamReader) -> None:
    async for line in lines:
        sys.stderr.write(f"{name:<6} | {line.decode(errors='replace')}")


async def start_all(stack: Stack) -> None:
    """Start every process, the web first."""
    for name, arguments in PROCESSES.items():
        await stack.start(name, *arguments)


async def up() -> None:
    """Run the Procfile's processes until cancelled, for small servers and newcomers. Raises
    ConfigError when one cannot even begin."""
    stack = Stack(os.environ, logs=None)
    try:
        await start_all(stack)
        await stack.wait()
    finally:
        await stack.stop()
