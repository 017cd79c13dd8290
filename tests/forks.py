"""Our processes, forked from one that has imported what they need.

To import it takes two seconds of a core, and a module starts four processes and kills many. What
is started as in production, by exec, is told by test_up, test_demo, test_outlive, and of commands
by test_fix_local.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import subprocess
from collections.abc import Mapping
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from forked import become

from handlers.demo import stage
from handlers.stack import ChildProcess, Stack
from workers import jobs

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(
    [
        *("handlers.cli", "handlers.begin", "handlers.web", "workers.worker"),
        *("workers.upkeep.schedule", "bot.adapters.sandboxes.local", "bot.adapters.vectors.local"),
        *("bot.adapters.embedders.hashing", "bot.adapters.language.gemini", "google.genai.types"),
        *("slack_bolt.async_app", "slack_bolt.adapter.aiohttp", "handlers.local_fix"),
        *{job.done_by.partition(":")[0] for job in jobs.ROSTER.values()},
    ]
)


class Fork:
    """Used as an ``asyncio.subprocess.Process`` is."""

    def __init__(self, process: BaseProcess) -> None:
        self._process, self._over = process, asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(process.sentinel, self._ended)

    def _ended(self) -> None:
        self._loop.remove_reader(self._process.sentinel)
        self._process.join()
        self._over.set()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    async def wait(self) -> int | None:
        await self._over.wait()
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()


class Started:
    """A fork that is asked as a ``subprocess.Popen`` is; what it is told is as for ``become``."""

    def __init__(self, *told: object) -> None:
        self._process = _SERVER.Process(target=become, args=told)
        self._process.start()
        self.kill, self.terminate = self._process.kill, self._process.terminate

    def poll(self) -> int | None:
        return self._process.exitcode

    returncode = property(poll)

    def wait(self, timeout: float | None = None) -> int | None:
        self._process.join(timeout)
        return self._process.exitcode


class ForkedStack(Stack):
    """A stack whose processes are forks."""

    async def spawn(self, process: ChildProcess) -> None:
        assert self.logs
        self.logs.mkdir(parents=True, exist_ok=True)
        told = process.arguments, dict(self.env), self.logs / f"{process.name}.log"
        fork = _SERVER.Process(target=become, args=told, name=process.name)
        # The first waits for the server's imports.
        await asyncio.to_thread(fork.start)
        process.handle = Fork(fork)


def run(
    *arguments: str | Path,
    cwd: Path,
    env: Mapping[str, str],
    answer: str = "",
    timeout: float = 120,
) -> subprocess.CompletedProcess[str]:
    """``soulcaster <arguments>`` to its end; ``answer`` is what it can read."""
    words = [*map(str, arguments)]
    with TemporaryDirectory() as folder:
        out, errors, said = (Path(folder, name) for name in ("out", "errors", "said"))
        said.write_text(answer)
        fork = _SERVER.Process(target=become, args=(words, dict(env), out, errors, said, cwd))
        fork.start()
        fork.join(timeout)
        fork.kill()
        fork.join()
        code, told, wrong = fork.exitcode or 0, out.read_text(), errors.read_text()
        fork.close()
    return subprocess.CompletedProcess(words, code, told, wrong)


# A module says more in a minute than people may.
CALLS = "100000 100000 100000"
open_stage = partial(stage.open_stage, stacked=ForkedStack, SOULCASTER_CALLS=CALLS)
