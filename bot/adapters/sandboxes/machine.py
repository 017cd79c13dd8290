"""One sandbox on this machine: a folder, and commands that get walls of their own."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from bot.adapters.sandboxes import cgroups, forward, isolation, processes, state
from bot.adapters.sandboxes.contents import GONE, QUIET, TAR, Folder, Output, inside
from bot.adapters.sandboxes.environments import Environments
from bot.adapters.sandboxes.network import Gate, unreached
from bot.adapters.sandboxes.registry import Mirror, Registries, reached_by
from bot.adapters.sandboxes.watchdog import Watchdog
from bot.domain.errors import NotFound, TooLarge, Unavailable
from bot.domain.fixes.patch import tree_from_tar
from bot.domain.ports import Blocked, Finished, OnOutput

TIMED_OUT, KILLED = 124, 137
SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")


class LocalSandbox:
    """``there`` is its state as it stands in ``root``."""

    def __init__(
        self,
        root: Path,
        name: str,
        there: state.State,
        tools: Sequence[Path],
        covered: Sequence[str],
        environments: Environments,
    ) -> None:
        self._root, self.id, self._there, self._tools = root, name, there, tools
        self._covered, self._environments = covered, environments
        self._mirror: Mirror | None = None
        self._way_out = ""
        self._uid = state.uid_of(name, there.way)
        self._here = root / name
        self._work = Folder(self._here / "work", self._uid)
        self.blocked = Blocked()  # counted by the kernel; nothing is where there are no walls

    async def run(
        self,
        command: str,
        *,
        timeout: float,
        cwd: str = ".",
        env: Mapping[str, str] | None = None,
        on_output: OnOutput | None = None,
    ) -> Finished:
        """Run a shell command to its end. Everything it started ends with it."""
        seconds = min(timeout, self._left())
        folder = inside(cwd)
        if not await asyncio.to_thread(self._work.holds, folder):
            raise NotFound(f"There is no folder {cwd} in the sandbox.")
        cap = self._there.limits.output_bytes
        out, err = Output(cap, on_output), Output(cap, on_output)
        started = time.monotonic()
        watchdog = Watchdog(self._here, self._there)
        timed_out = False
        with contextlib.ExitStack() as held:
            gate = held.enter_context(Gate()) if self._there.way else None
            child = await self._start(command, seconds, folder, env or {}, gate)
            state.note_running(self._root, self.id, child.pid)
            readers = [
                asyncio.create_task(_read(stream, output))
                for stream, output in ((child.stdout, out), (child.stderr, err))
            ]
            watcher = asyncio.create_task(watchdog.watch(child.pid))
            try:
                async with asyncio.timeout(seconds):
                    if gate:
                        await gate.open()
                    await child.wait()
            except TimeoutError:
                timed_out = True
            finally:
                watcher.cancel()
                # shielded: being cancelled must not leave anything running
                await asyncio.shield(asyncio.ensure_future(self._finish(child, readers)))
            if gate and (attempts := gate.attempts()):
                self.blocked = self.blocked.plus(attempts, unreached(out.text + err.text))
        await watchdog.look_back()
        if not (self._here / "sandbox.json").exists():
            # killed under the command: its exit code says nothing of the command
            raise Unavailable(GONE)
        code = TIMED_OUT if timed_out else _exit_code(child.returncode)
        return Finished(
            command=command,
            exit_code=code or (KILLED if watchdog.reason else 0),
            stdout=out.text,
            stderr=err.text + (f"\n[killed: {watchdog.reason}]\n" if watchdog.reason else ""),
            seconds=time.monotonic() - started,
            timed_out=timed_out,
            truncated=out.truncated or err.truncated,
        )

    async def _start(
        self, command: str, seconds: float, folder: str, env: Mapping[str, str], gate: Gate | None
    ) -> asyncio.subprocess.Process:
        with isolation.closed_calls() as calls:
            argv = self._argv(command, seconds, folder, env, calls, gate)
            try:
                return await asyncio.create_subprocess_exec(
                    *argv,
                    cwd=self._here / "work" / folder,
                    env={} if self._there.way else self._environment(env),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    start_new_session=True,
                    # What others would have: ours keeps our own files from everybody.
                    umask=0o022,
                    pass_fds=(calls, *(gate.passed_on if gate else ())),
                )
            except FileNotFoundError as error:
                self._left()
                raise NotFound(f"A sandbox can't be started here: {error}.") from error

    async def write(self, path: str, data: bytes) -> None:
        self._left()
        await self._in_folder(self._work.write, inside(path), data)

    async def upload(self, tar: bytes) -> None:
        """Unpack a tar, read in memory first: no path in it reaches beyond the work folder."""
        self._left()
        await self._in_folder(self._work.unpack, await asyncio.to_thread(tree_from_tar, tar))

    async def download(
        self, *, max_bytes: int = 200_000_000, exclude: Collection[str] = ()
    ) -> bytes:
        self._left()
        leave_out = [f"--exclude={name}" for name in exclude]
        try:
            child = await asyncio.create_subprocess_exec(
                *("tar", "--create", "--file=-", *TAR, *leave_out, "."),
                cwd=self._here / "work",
                env={"PATH": ":".join(SYSTEM_PATH)},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except FileNotFoundError as error:
            raise Unavailable(GONE) from error
        try:
            data = bytearray()
            while child.stdout and (chunk := await child.stdout.read(1 << 20)):
                data += chunk
                if len(data) > max_bytes:
                    raise TooLarge(f"the sandbox's files are larger than {max_bytes} bytes")
            return bytes(data)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            raise
        finally:
            # with its output unread, wait() alone may never return:
            # https://github.com/python/cpython/issues/119710
            await child.communicate()

    async def mirror(self, registries: Registries) -> None:
        """Have its build reach them."""
        self._mirror = Mirror(registries)
        await self._mirror.open()
        await self.reach(self._mirror.socket)

    async def reach(self, socket: str) -> str:
        """By a port of its own loopback. Without walls it has the network of this machine."""
        if self._there.way is None:
            return ""
        self._way_out = socket
        return forward.URL

    async def keep(self, environment: str) -> Sequence[str]:
        """Move what was installed to where the next ones find it."""
        self._left()
        built = self._here / "environment"
        await asyncio.to_thread(self._environments.take, environment, built)
        await self.kill()
        return self._mirror.fetched if self._mirror else ()

    async def kill(self) -> None:
        if self._mirror:
            await self._mirror.close()
        await asyncio.to_thread(state.end, self._root, self.id)

    def _left(self) -> float:
        """Seconds it still has. Raises Unavailable when it is gone."""
        left = self._there.deadline - time.time()
        there = [self._here / "sandbox.json", *self._there.group]
        if left <= 0 or not all(path.exists() for path in there):
            raise Unavailable(GONE)
        return left

    async def _in_folder(self, act: object, *arguments: object) -> None:
        try:
            await asyncio.to_thread(act, *arguments)  # type: ignore[arg-type]
        except FileNotFoundError as error:
            raise Unavailable(GONE) from error
        except OSError as error:
            raise NotFound(f"The sandbox has no place for that: {error.strerror}.") from error

    def _environment(self, env: Mapping[str, str]) -> dict[str, str]:
        walled = self._there.way is not None
        bins = [str(tool / "bin") for tool in self._tools]
        has_one = self._there.environment or self._there.build
        own = {"VIRTUAL_ENV": isolation.ENVIRONMENT} if has_one else {}
        if own:
            bins = [f"{isolation.ENVIRONMENT}/{one}" for one in ("bin", "node_modules/.bin")] + bins
            own |= {"GOMODCACHE": f"{isolation.ENVIRONMENT}/go"}
            own |= {"CARGO_HOME": f"{isolation.ENVIRONMENT}/cargo"}
            own |= {"GOPROXY": "off", "CARGO_NET_OFFLINE": "true"}
            own |= {"MVNW_REPOURL": f"{forward.URL}/maven"}
        if self._mirror:
            own |= {**reached_by(forward.URL), "CARGO_NET_OFFLINE": "false"}
        # else it takes a quarter of the machine's for its heap, and dies where ours end
        java = f"-XX:MaxRAM={self._there.limits.memory_mb}m -XX:MaxRAMPercentage=50"
        return {
            **QUIET,
            **own,
            "JAVA_TOOL_OPTIONS": java,
            "PATH": ":".join([*bins, *SYSTEM_PATH]),
            "HOME": isolation.HOME if walled else str(self._here / "home"),
            "TMPDIR": "/tmp" if walled else str(self._here / "tmp"),  # noqa: S108
            **({} if walled else {processes.MARK: str(self._here)}),
            **env,
        }

    def _mounts(self) -> list[str]:
        """The environment, and the way out where there is one."""
        name, inside_ = self._there.environment, isolation.ENVIRONMENT
        out: list[str] = []
        if self._way_out:
            out += ["--perms", "0755", "--dir", isolation.WAY_OUT]
            for source, target in ((self._way_out, "socket"), (forward.__file__, "forward.py")):
                out += ["--ro-bind", source, f"{isolation.WAY_OUT}/{target}"]
        if self._there.build:
            return ["--bind", f"{self._here}/environment", inside_, *out]
        if not name:
            return out
        kept = self._environments.find(name)
        if kept is None:
            raise Unavailable("The environment of this sandbox is gone: it will be built again.")
        modules = ("--symlink", f"{inside_}/node_modules", "/sandbox/node_modules")
        return ["--ro-bind", str(kept), inside_, *modules, *out]

    def _argv(
        self,
        command: str,
        seconds: float,
        cwd: str,
        env: Mapping[str, str],
        calls: int,
        gate: Gate | None,
    ) -> list[str]:
        way = self._there.way
        shell = [shutil.which("bash") or "/bin/sh", "-c", command]
        if self._way_out:
            way_out = (f"{isolation.WAY_OUT}/forward.py", f"{isolation.WAY_OUT}/socket")
            shell = ["python3", *way_out, str(forward.PORT), command]
        counted = isolation.processes_are_counted(way)
        prefix = isolation.limited(self._there.limits, seconds, count_processes=counted)
        grouped = cgroups.entering(self._there.group)
        if way is None:
            return [*grouped, *isolation.unprivileged(), *prefix, *shell]
        walled = isolation.isolated(
            way,
            self._here,
            [*prefix, *shell],
            uid=self._uid or 0,
            cwd=cwd,
            env=self._environment(env),
            tools=self._tools,
            calls=calls,
            more=[*(gate.options if gate else ()), *self._mounts()],
            covered=self._covered,
        )
        return [*grouped, *walled]

    async def _finish(
        self, child: asyncio.subprocess.Process, readers: Sequence[asyncio.Task[None]]
    ) -> None:
        """Nothing of the command is left when this returns."""
        await asyncio.to_thread(processes.end, child.pid, str(self._here), self._there.walls)
        await child.wait()
        _, late = await asyncio.wait(readers, timeout=5)
        for reader in late:
            reader.cancel()
        with contextlib.suppress(FileNotFoundError):
            state.forget_running(self._root, self.id, child.pid)


async def _read(stream: asyncio.StreamReader | None, output: Output) -> None:
    while stream and (data := await stream.read(1 << 16)):
        output.add(data)


def _exit_code(returncode: int | None) -> int:
    if returncode is None:
        return KILLED
    return returncode if returncode >= 0 else 128 - returncode
