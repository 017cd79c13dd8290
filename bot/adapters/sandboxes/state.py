"""What a local sandbox leaves on disk, so that any process can take it up or end it.
``<root>/<id>/`` holds ``sandbox.json``, the folders ``work``, ``home``, ``tmp`` and ``etc``, and
``running/<pid>`` with the start time of each process that was started for a command; a build has
``environment``, what it installs."""

import contextlib
import fcntl
import hashlib
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from bot.adapters.sandboxes import cgroups, isolation, processes
from bot.adapters.sandboxes.contents import Folder
from bot.adapters.sandboxes.forward import URL
from bot.adapters.sandboxes.registry import configured
from bot.domain.models import Record
from bot.domain.ports import Limits

FIRST_UID, UIDS = 300_000, 60_000
_BUILT = tuple(f"environment/{name}" for name in ("", "cargo", "m2", "m2/repository", "m2/wrapper"))
_NAME = re.compile(r"local-[0-9a-f]{20}")


class State(Record):
    """``deadline`` is in seconds since the epoch; ``group`` are the folders of its cgroup."""

    key: str
    labels: Mapping[str, str]
    limits: Limits
    way: isolation.Way | None
    group: tuple[Path, ...] = ()
    environment: str = ""
    build: bool = False
    deadline: float

    @property
    def walls(self) -> tuple[Path, ...]:
        """The group, where no command can leave it."""
        return self.group if self.way else ()


def name_of(key: str) -> str:
    """The id of the sandbox of ``key``."""
    return f"local-{hashlib.sha256(key.encode()).hexdigest()[:20]}"


def uid_of(name: str, way: isolation.Way | None) -> int | None:
    """The user a sandbox's commands become when we are root; None where they stay ourselves."""
    digest = int(hashlib.sha256(name.encode()).hexdigest()[:12], 16)
    return FIRST_UID + digest % UIDS if way == "root" else None


def names(root: Path) -> Iterator[str]:
    """The sandboxes in ``root``."""
    if root.is_dir():
        yield from (name for name in os.listdir(root) if _NAME.fullmatch(name))


def load(root: Path, name: str) -> State | None:
    """The state of a sandbox, None where there is none."""
    if not _NAME.fullmatch(name):
        return None
    with contextlib.suppress(OSError, ValidationError):
        return State.model_validate_json((root / name / "sandbox.json").read_bytes())
    return None


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """One process and thread at a time changes what ``root`` holds; it is made where it is not."""
    root.mkdir(parents=True, exist_ok=True)
    lock = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def make(root: Path, name: str, state: State) -> None:
    """Its folders and state; the rename makes them appear all at once."""
    fresh = root / f".new-{name}-{os.getpid()}-{time.monotonic_ns()}"
    uid = uid_of(name, state.way)
    for folder in ("work", "home", "tmp", *(_BUILT if state.build else ())):
        (fresh / folder).mkdir(parents=True)
        if uid is not None:
            os.chown(fresh / folder, uid, uid)
    if state.build or state.environment:
        home = Folder(fresh, uid)
        for path, text in configured(URL, build=state.build).items():
            home.write(path, text.encode())
        for kept in ("repository", "wrapper"):
            home.link(f"home/.m2/{kept}", f"{isolation.ENVIRONMENT}/m2/{kept}")
    if state.build:
        # read by whoever runs in later ones
        for folder in _BUILT:
            (fresh / folder).chmod(0o755)
    (fresh / "running").mkdir()
    (fresh / "etc").mkdir()
    for file, text in isolation.ETC.items():
        (fresh / "etc" / file).write_text(text.format(uid=uid or 1000))
        (fresh / "etc" / file).chmod(0o644)
    (fresh / "sandbox.json").write_text(state.model_dump_json())
    fresh.rename(root / name)


def note_running(root: Path, name: str, pid: int) -> None:
    """Remember a process of a command for whoever has to end it."""
    found = processes.process(pid)
    if found:
        # it may have been ended since: whoever runs the command will see that
        with contextlib.suppress(FileNotFoundError):
            (root / name / "running" / str(pid)).write_text(str(found.started))


def forget_running(root: Path, name: str, pid: int) -> None:
    """The process has ended."""
    (root / name / "running" / str(pid)).unlink(missing_ok=True)


def end(root: Path, name: str) -> None:
    """Kill what runs and delete the files. Harmless when repeated."""
    here = root / name
    if not _NAME.fullmatch(name) or not here.is_dir():
        return
    there = load(root, name)
    walls = there.walls if there else ()
    # first: whose command is killed below must find that its sandbox is gone
    (here / "sandbox.json").unlink(missing_ok=True)
    for note in (here / "running").glob("*"):
        with contextlib.suppress(OSError, ValueError):
            pid, started = int(note.name), int(note.read_text())
            found = processes.process(pid)
            if found and found.started == started:
                processes.end(pid, str(here), walls)
    processes.end(-1, str(here), walls)
    cgroups.remove(there.group if there else ())
    gone = root / f".gone-{name}-{os.getpid()}-{time.monotonic_ns()}"
    with contextlib.suppress(FileNotFoundError):
        here.rename(gone)
    # rm(1) walks trees of any depth, and a folder may have lost its permissions
    subprocess.run(["chmod", "-R", "u+rwx", "--", gone], check=False, capture_output=True)
    subprocess.run(["rm", "-rf", "--", gone], check=False, capture_output=True)
