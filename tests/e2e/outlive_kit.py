"""Our processes as the Procfile starts them, nobody who restarts them, and a Redis that fails."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import aiohttp
import redis
from forks import Started

from bot.storage.embedded import find_server
from handlers.demo.stage import free_port

ROOT = Path(__file__).parents[2]
PROCFILE = dict(
    line.split(": soulcaster ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if line
)


async def until(
    what: str, so: Callable[[], Awaitable[bool]], *, seconds: float = 120, told: str = ""
) -> None:
    """Wait for something that must come."""
    try:
        async with asyncio.timeout(seconds):
            while not await so():  # noqa: ASYNC110 - processes cannot tell us
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"never came: {what}\n{told}") from None


async def is_up(http: aiohttp.ClientSession, port: str | int) -> bool:
    """Whether a web process of ours listens there, and is well."""
    with suppress(aiohttp.ClientError):
        async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    return False


def settings_of_nobody() -> dict[str, str]:
    """The environment without what the person who runs the tests has set for us."""
    ours = ("SOULCASTER_", "GITHUB_", "SLACK_", "GEMINI_", "E2B_", "REDIS_", "UPSTASH_", "PORT")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours)}


class RedisServer:
    """A server on TCP, synced at every write, that can be made to fail in each way."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.environment = environment or {}
        self.port = free_port()
        folder.mkdir()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, socket_timeout=5)

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    find_server(),
                    *("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)),
                    *("--appendonly", "yes", "--appendfsync", "always", "--save", ""),
                    *("--maxmemory-policy", "noeviction", "--enable-protected-configs", "yes"),
                ],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait(20)

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
        if self._process:
            self._process.wait(20)

    # Each fault begins, and what it yields to ends it.

    @contextmanager
    def down(self) -> Iterator[None]:
        self.stop()
        yield
        self.start()

    @contextmanager
    def hangs(self) -> Iterator[None]:
        os.kill(self.pid, signal.SIGSTOP)
        yield
        os.kill(self.pid, signal.SIGCONT)

    @contextmanager
    def readonly(self) -> Iterator[None]:
        """A failover that leaves us with the replica, every connection cut."""
        self.client.execute_command("REPLICAOF", "127.0.0.1", "1")
        self.client.execute_command("CLIENT", "KILL", "TYPE", "normal")
        yield
        self.client.execute_command("REPLICAOF", "NO", "ONE")

    @contextmanager
    def misconf(self) -> Iterator[None]:
        gone = self.folder / "gone"
        gone.mkdir()
        self.client.config_set("save", "1 1")
        self.client.config_set("dir", str(gone))
        gone.rmdir()
        with suppress(redis.ResponseError):
            self.client.bgsave()
        yield
        self.client.config_set("dir", str(self.folder))
        self.client.config_set("save", "")
        self.client.config_set("stop-writes-on-bgsave-error", "no")

    @contextmanager
    def out_of_memory(self) -> Iterator[None]:
        self.client.config_set("maxmemory", 1000)
        yield
        self.client.config_set("maxmemory", 0)

    @contextmanager
    def disk_full(self) -> Iterator[None]:
        """No file may grow: a server that syncs at every write ends at the next one."""
        size = max(file.stat().st_size for file in self.folder.rglob("*.aof"))
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, size))
        yield
        self.stop()
        self.start()


class Processes:
    """web, worker, fixer and clock; what each said is in ``<folder>/<name>.log``."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.env = {**settings_of_nobody(), **settings}
        self.running: dict[str, subprocess.Popen[bytes] | Started] = {}
        self._read: dict[str, int] = {}

    def start(self, *names: str) -> None:
        """Those, or all of the Procfile; what runs is left alone."""
        for name in names or PROCFILE:
            if name not in self.running or self.running[name].poll() is not None:
                self.start_one(name)

    def start_one(self, name: str) -> None:
        with self._log(name).open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "handlers.cli", *PROCFILE[name].split()],
                env=self.env,
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def said(self, name: str) -> str:
        """What it said since ``forget``."""
        return self._log(name).read_text()[self._read.get(name, 0) :]

    def forget(self) -> None:
        self._read = {name: len(self._log(name).read_text()) for name in self.running}

    def lines(self, name: str, words: str) -> int:
        return len(re.findall(re.escape(words), self.said(name)))

    def all_said(self) -> str:
        return "\n".join(f"== {name}\n{self.said(name)[-3000:]}" for name in self.running)

    def ended(self) -> dict[str, int]:
        """Those that live no more, and how they ended."""
        return {n: p.returncode for n, p in self.running.items() if p.poll() is not None}

    def kill(self, *names: str) -> None:
        """SIGKILL to those, or to all."""
        for name in names or tuple(self.running):
            self.running[name].kill()
            self.running[name].wait()

    def terminate(self) -> dict[str, int]:
        """SIGTERM to all; how each ended."""
        for process in self.running.values():
            process.terminate()
        try:
            return {name: process.wait(30) for name, process in self.running.items()}
        finally:
            for process in self.running.values():
                process.kill()


class ForkedProcesses(Processes):
    """The same, from a process that has imported what they need."""

    def start_one(self, name: str) -> None:
        self._log(name).touch()
        told = PROCFILE[name].split(), dict(self.env), self._log(name)
        self.running[name] = Started(*told, None, Path(os.devnull), self.folder)
