"""One E2B machine. Paths are relative to ``work`` in the home of its user."""

import asyncio
import contextlib
import itertools
import math
import shlex
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2b import AsyncSandbox
from e2b.exceptions import NotFoundException
from e2b.sandbox.commands.command_handle import CommandExitException

from bot.adapters.sandboxes.contents import GONE, QUIET, TAR, Output, inside, safe_tar
from bot.adapters.sandboxes.environments import Environments
from bot.adapters.sandboxes.network import unreached
from bot.domain.errors import NotFound, SoulcasterError, TooLarge, Unavailable
from bot.domain.ports import Blocked, Finished, Limits, OnOutput

WORK = "work"
ENVIRONMENT = "environment"
NOTES = ".soulcaster-notes"
NO_FOLDER, TIMED_OUT, KILLED = 97, 124, 137
SMALL = 30.0  # seconds for one small request
BYTES_A_SECOND = 1_000_000

Errors = Callable[[float], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Kept:
    """Which environment a machine has, if any, and where archives of them are."""

    environments: Environments
    name: str = ""
    build: bool = False


class E2BSandbox:
    """``errors(seconds)`` bounds a request and turns the SDK's errors into ours. ``grace`` is how
    many seconds what ``timeout`` did over there may take to be heard of here."""

    def __init__(
        self, machine: AsyncSandbox, limits: Limits, errors: Errors, *, grace: float, kept: Kept
    ) -> None:
        self._machine, self._limits, self._errors = machine, limits, errors
        self._grace, self._kept = grace, kept
        self._numbers = itertools.count(time.monotonic_ns())
        self._deadline = time.monotonic() + limits.seconds
        self.id = machine.sandbox_id
        self.blocked = Blocked()  # as the output of its commands says: E2B counts nothing for us

    async def prepare(self) -> None:
        """Make the work folder, and beside it the environment."""
        await self._quick(f"mkdir -p ~/{WORK} ~/{NOTES}")
        if self._kept.build:
            await self._quick(f"mkdir -p ~/{ENVIRONMENT}")
        elif self._kept.name:
            found = await asyncio.to_thread(self._kept.environments.find, self._kept.name)
            if found is None:
                raise Unavailable("The environment is gone: it will be built again.")
            data = await asyncio.to_thread(found.read_bytes)
            seconds = SMALL + len(data) / BYTES_A_SECOND
            async with self._errors(seconds):
                await self._machine.files.write(f"{NOTES}/environment.tgz", data)
            await self._quick(
                f"cd ~ && tar -xzf {NOTES}/environment.tgz --no-same-owner && "
                f"rm {NOTES}/environment.tgz && chmod -R a-w {ENVIRONMENT} && "
                f"ln -s {ENVIRONMENT}/node_modules .",
                seconds,
            )

    async def run(
        self,
        command: str,
        *,
        timeout: float,
        cwd: str = ".",
        env: Mapping[str, str] | None = None,
        on_output: OnOutput | None = None,
    ) -> Finished:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Unavailable(GONE)
        seconds = min(timeout, left)
        cap = self._limits.output_bytes
        out, err = Output(cap, on_output), Output(cap, on_output)
        note = f"{NOTES}/{next(self._numbers)}"
        started = time.monotonic()
        try:
            async with self._errors(seconds + self._grace):
                code = await self._started(
                    self._wrapped(command, seconds, cwd, note), env, out, err
                )
        except Unavailable:
            if time.monotonic() - started < seconds:
                raise  # gone, or cut off
            code = TIMED_OUT
            await self._end_command(note)
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.ensure_future(self._end_command(note)))
            raise
        if code == NO_FOLDER and not out.total:
            raise NotFound(f"There is no folder {cwd} in the sandbox.")
        self.blocked = self.blocked.plus(0, unreached(out.text + err.text))
        spent = time.monotonic() - started
        timed_out = code in (TIMED_OUT, KILLED) and spent >= seconds
        return Finished(
            command=command,
            exit_code=TIMED_OUT if timed_out else code,
            stdout=out.text,
            stderr=err.text,
            seconds=spent,
            timed_out=timed_out,
            truncated=out.truncated or err.truncated,
        )

    async def write(self, path: str, data: bytes) -> None:
        async with self._errors(SMALL + len(data) / BYTES_A_SECOND):
            await self._machine.files.write(f"{WORK}/{inside(path)}", data)

    async def upload(self, tar: bytes) -> None:
        """Unpack a tar, read in memory first: no path in it reaches beyond the work folder."""
        safe = await asyncio.to_thread(safe_tar, tar)
        there = f"{NOTES}/{next(self._numbers)}.tar"
        seconds = SMALL + len(safe) / BYTES_A_SECOND
        async with self._errors(seconds):
            await self._machine.files.write(there, safe)
        await self._quick(f"tar -xf ~/{there} -C ~/{WORK} --no-same-owner && rm ~/{there}", seconds)

    async def download(
        self, *, max_bytes: int = 200_000_000, exclude: Collection[str] = ()
    ) -> bytes:
        """The work folder as a tar, cut off over there when it is too large."""
        there = f"{NOTES}/{next(self._numbers)}.tar"
        leave_out = " ".join(f"--exclude={shlex.quote(name)}" for name in exclude)
        seconds = SMALL + max_bytes / BYTES_A_SECOND
        await self._quick(
            f"tar --create --file=- {' '.join(TAR)} {leave_out} -C ~/{WORK} . 2>/dev/null "
            f"| head -c {max_bytes + 1} > ~/{there}",
            seconds,
        )
        try:
            return await self._read(there, max_bytes, seconds)
        finally:
            with contextlib.suppress(SoulcasterError):
                await self._quick(f"rm -f ~/{there}")

    async def reach(self, socket: str) -> str:
        """It is another machine: a gateway has to be where its network reaches it."""
        return ""

    async def keep(self, environment: str) -> Sequence[str]:
        """Bring what was installed here; E2B does not tell what was fetched for it."""
        limit = self._limits.disk_mb * 1_000_000
        there, seconds = f"{NOTES}/environment.tgz", SMALL + limit / BYTES_A_SECOND
        await self._quick(f"tar -czf ~/{there} -C ~ {ENVIRONMENT}", seconds)
        data = await self._read(there, limit, seconds)
        await asyncio.to_thread(_put, self._kept.environments, environment, data)
        await self.kill()
        return ()

    async def kill(self) -> None:
        async with self._errors(SMALL):
            with contextlib.suppress(NotFoundException):
                await self._machine.kill()

    def _wrapped(self, command: str, seconds: float, cwd: str, note: str) -> str:
        """The command under its limits, in a process group that is noted and ended with it. What it
        leaves running would hold its output open, and envd would wait for that."""
        folder = f"~/{WORK}/{shlex.quote(inside(cwd))}"
        own = f"export VIRTUAL_ENV=~/{ENVIRONMENT} "
        own += f"PATH=~/{ENVIRONMENT}/bin:~/{ENVIRONMENT}/node_modules/.bin:$PATH; "
        return (
            f"{own if self._kept.name or self._kept.build else ''}"
            f"cd {folder} 2>/dev/null || exit {NO_FOLDER}; ulimit -c 0; "
            f"ulimit -u {self._limits.processes} 2>/dev/null; "
            f"ulimit -d {self._limits.memory_mb * 1024} 2>/dev/null; "
            f"ulimit -f {self._limits.disk_mb * 1024} 2>/dev/null; set -m; "
            "exec 3>&2 2>/dev/null; "  # or bash would tell of its jobs
            f"timeout -k 2 {max(seconds, 0.1):.2f} bash -c {shlex.quote(command)} 2>&3 3>&- & "
            f"echo $! > ~/{note}; wait $!; code=$?; kill -KILL -- -$!; exit $code"
        )

    async def _started(
        self, command: str, env: Mapping[str, str] | None, out: Output, err: Output
    ) -> int:
        try:
            result: Any = await self._machine.commands.run(
                command,
                envs={**QUIET, **(env or {})},
                on_stdout=lambda text: out.add(text.encode()),
                on_stderr=lambda text: err.add(text.encode()),
                timeout=math.ceil(self._deadline - time.monotonic() + self._grace),
                request_timeout=SMALL,
                retain_output=False,
            )
        except CommandExitException as ended:
            return int(ended.exit_code)
        return int(result.exit_code)

    async def _quick(self, command: str, seconds: float = SMALL) -> int:
        """One of our own small commands. Raises Unavailable when it does not end in time."""
        nothing = Output(0, None)
        async with self._errors(seconds + self._grace):
            quick = f"exec timeout -k 2 {seconds:.0f} bash -c {shlex.quote(command)}"
            return await self._started(quick, None, nothing, nothing)

    async def _end_command(self, note: str) -> None:
        """Kill the command's process group; failing that, the whole machine."""
        try:
            await self._quick(f"kill -KILL -- -$(cat ~/{note})", seconds=3)
        except SoulcasterError:
            with contextlib.suppress(SoulcasterError):
                await self.kill()

    async def _read(self, there: str, max_bytes: int, seconds: float) -> bytes:
        async with self._errors(SMALL):
            info = await self._machine.files.get_info(there)
        if info.symlink_target is not None or info.type is None or info.type.value != "file":
            raise NotFound("What the sandbox packed is no plain file.")
        if info.size > max_bytes:
            raise TooLarge(f"the sandbox's files are larger than {max_bytes} bytes")
        # what the machine says of itself is not believed: it may send without end
        data = bytearray()
        async with (
            self._errors(seconds + info.size / BYTES_A_SECOND),
            await self._machine.files.read(there, format="stream") as stream,
        ):
            async for piece in stream:
                data += piece
                if len(data) > max_bytes:
                    raise TooLarge(f"the sandbox sends more than {max_bytes} bytes")
        return bytes(data)


def _put(environments: Environments, name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / name
        archive.write_bytes(data)
        environments.take(name, archive)
