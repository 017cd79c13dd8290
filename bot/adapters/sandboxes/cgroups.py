"""Control groups: limits that the kernel holds over everything of a sandbox together. Version 2 or
1, whichever this machine lets us write to, below the group that we run in ourselves.
https://docs.kernel.org/admin-guide/cgroup-v2.html,
https://docs.kernel.org/admin-guide/cgroup-v1/index.html"""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.domain.ports import Limits

CONTROLLERS = ("memory", "pids", "cpu")
_PERIOD = 100_000  # microseconds
_MEMORY = ("memory.max", "memory.limit_in_bytes")
_TRIAL = Limits(memory_mb=64, processes=16)


@dataclass(frozen=True, slots=True)
class Parent:
    """A folder that groups may be made in, and the controllers they get there."""

    folder: Path
    controllers: frozenset[str]


@cache
def writable(process: Path = Path("/proc/self")) -> tuple[Parent, ...]:
    """Where ``process`` may make groups: one place with version 2, one a controller with 1. Found
    by trying: a group is made, limited, entered and removed."""
    found: list[Parent] = []
    for own in groups_of(process):
        # systemd may run us in a group below the one it delegates (DelegateSubgroup=)
        for parent in (own, Parent(own.folder.parent, own.controllers)):
            controllers = own.controllers or _handed_down(parent.folder)
            new = Parent(parent.folder, controllers - set(holding(found)))
            if new.controllers and _works(new):
                found.append(new)
                break
    return tuple(found)


def holding(parents: Sequence[Parent]) -> tuple[str, ...]:
    """Which of ``CONTROLLERS`` groups in ``parents`` have."""
    found = {name for parent in parents for name in parent.controllers}
    return tuple(name for name in CONTROLLERS if name in found)


def make(parents: Sequence[Parent], limits: Limits) -> tuple[Path, ...]:
    """A new group with these limits, as its folders. Raises OSError when it can't be made."""
    name = f"soulcaster-{uuid.uuid4().hex[:16]}"
    made: list[Path] = []
    try:
        for parent in parents:
            folder = parent.folder / name
            folder.mkdir()
            made.append(folder)
            if not (folder / "cgroup.procs").exists():
                raise OSError(f"{parent.folder} is no folder of control groups")
            limit(folder, limits)
    except OSError:
        remove(made)
        raise
    return tuple(made)


def limit(folder: Path, limits: Limits) -> None:
    """Write down what a group may use, in the files that its version and controllers have."""
    memory, quota = limits.memory_mb << 20, int(limits.cpus * _PERIOD)
    for file, value in {
        "memory.max": f"{memory}",
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "memory.limit_in_bytes": f"{memory}",
        # after the one above: with swap it can't be less than without
        "memory.memsw.limit_in_bytes": f"{memory}",
        "pids.max": f"{limits.processes}",
        "cpu.max": f"{quota} {_PERIOD}",
        "cpu.cfs_period_us": f"{_PERIOD}",
        "cpu.cfs_quota_us": f"{quota}",
    }.items():
        if (folder / file).exists():
            (folder / file).write_text(value)


def entering(group: Sequence[Path]) -> list[str]:
    """A prefix that moves a command into ``group`` before it starts."""
    if not group:
        return []
    moves = "".join(f"echo 0 > {shlex.quote(f'{folder}/cgroup.procs')}; " for folder in group)
    return ["/bin/sh", "-ec", moves + 'exec "$@"', "sh"]


def limits_memory(group: Sequence[Path]) -> bool:
    """Whether the kernel holds ``group`` to its memory."""
    return any((folder / file).exists() for folder in group for file in _MEMORY)


def out_of_memory(group: Sequence[Path]) -> int:
    """How many processes the kernel has killed because the group was full."""
    return _event(group, ("memory.events", "memory.oom_control"), "oom_kill")


def out_of_processes(group: Sequence[Path]) -> int:
    """How many times the kernel has refused the group another process or thread."""
    return _event(group, ("pids.events",), "max")


def remove(group: Sequence[Path]) -> None:
    """Kill what is in ``group`` and take it away. Harmless when repeated."""
    for folder in group:
        for _ in range(100):
            with contextlib.suppress(FileNotFoundError):
                for pid in (folder / "cgroup.procs").read_text().split():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)
            try:
                folder.rmdir()
                break
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.01)  # somebody in it is still dying


def groups_of(process: Path) -> Iterator[Parent]:
    """The groups that ``process`` is in (proc(5), cgroups(7)); version 2 names no controllers."""
    ours: dict[str, str] = {}
    with contextlib.suppress(OSError):
        for line in (process / "cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            ours |= dict.fromkeys(controllers.split(","), path)
        for line in (process / "mountinfo").read_text().splitlines():
            before, _, after = line.partition(" - ")
            root, mounted = before.split()[3:5]
            kind, _, options = after.split()[:3]
            of = {"cgroup2": {""}, "cgroup": {*CONTROLLERS} & {*options.split(",")}}.get(kind, ())
            for name in ours.keys() & of:
                below = ours[name].removeprefix(root.rstrip("/")).lstrip("/")
                yield Parent(Path(mounted, below), frozenset({name} - {""}))


def _handed_down(folder: Path) -> frozenset[str]:
    """Controllers that groups in ``folder`` get with version 2; more are asked for. Refused by the
    kernel where processes are in ``folder`` itself."""
    control = folder / "cgroup.subtree_control"
    for name in CONTROLLERS:
        with contextlib.suppress(OSError):
            if control.exists():  # a folder above may be none of the kernel's
                control.write_text(f"+{name}")
    with contextlib.suppress(OSError):
        return frozenset(CONTROLLERS) & frozenset(control.read_text().split())
    return frozenset()


def _works(parent: Parent) -> bool:
    group: tuple[Path, ...] = ()
    try:
        group = make([parent], _TRIAL)
        return not subprocess.run(
            [*entering(group), "true"], check=False, capture_output=True, timeout=10
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False
    finally:
        remove(group)


def _event(group: Sequence[Path], files: Sequence[str], name: str) -> int:
    """A counter of the group; 0 where no controller has it."""
    for path in (folder / file for folder in group for file in files):
        with contextlib.suppress(OSError):
            found = re.search(rf"^{name} (\d+)$", path.read_text(), re.MULTILINE)
            return int(found[1]) if found else 0
    return 0
