"""What runs on this machine, read from /proc: the processes below one, and ending them."""

import contextlib
import ctypes
import os
import signal
import stat
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
MARK = "SOULCASTER_SANDBOX"
_SET_DUMPABLE = 4  # PR_SET_DUMPABLE of <linux/prctl.h>


@dataclass(frozen=True, slots=True)
class Process:
    """One process; ``started`` (clock ticks since boot) tells it from a later one of its number.
    ``memory`` is what it holds, in bytes."""

    pid: int
    parent: int
    session: int
    started: int
    memory: int


def process(pid: int) -> Process | None:
    """What /proc says of ``pid`` (proc(5)); None when it is gone or a zombie."""
    try:
        # All of them are read ten times a second: no layer that is not needed.
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            fields = file.read().rpartition(b")")[2].split(maxsplit=22)
    except OSError:
        return None
    if fields[0] in (b"Z", b"X"):
        return None
    parent, session, started, pages = (int(fields[index]) for index in (1, 3, 19, 21))
    return Process(pid, parent, session, started, pages * PAGE)


def below(root: int, group: Sequence[Path] = ()) -> list[Process]:
    """``root``, all that descends from it, and all of its session; in a cgroup it can't leave."""
    found = list(_all(group))
    wanted = {root}
    while more := {e.pid for e in found if e.session == root or e.parent in wanted} - wanted:
        wanted |= more
    return [each for each in found if each.pid in wanted]


def marked(mark: str) -> list[Process]:
    """Processes that carry a sandbox's mark in their environment, wherever they fled to."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for each in _all():
        with contextlib.suppress(OSError):
            if wanted in Path(f"/proc/{each.pid}/environ").read_bytes().split(b"\0"):
                found.append(each)
    return found


def unlinked(running: Sequence[Process]) -> dict[tuple[int, int], int]:
    """Bytes of the files without a name that ``running`` have open or mapped, by device and inode.
    Deleted files, memfds and shared anonymous memory, which are in no folder and in no one's
    resident memory. Of what is mapped the whole length counts."""
    found: dict[tuple[int, int], int] = {}
    for each in running:
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{each.pid}/fd"):
                with contextlib.suppress(OSError):
                    opened = os.stat(f"/proc/{each.pid}/fd/{name}")
                    if stat.S_ISREG(opened.st_mode) and not opened.st_nlink:
                        found[opened.st_dev, opened.st_ino] = opened.st_blocks * 512
    for each in running:
        for key, size in _mapped(each.pid).items():
            found[key] = max(size, found.get(key, 0))
    return found


def _mapped(pid: int) -> Mapping[tuple[int, int], int]:
    """Lengths of the mappings of files without a name (proc_pid_maps(5))."""
    found: dict[tuple[int, int], int] = {}
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/maps").read_bytes().splitlines():
            if line.endswith(b" (deleted)"):
                addresses, _, _, device, inode = line.split(maxsplit=5)[:5]
                start, stop = (int(part, 16) for part in addresses.split(b"-"))
                key = os.makedev(*(int(part, 16) for part in device.split(b":"))), int(inode)
                found[key] = found.get(key, 0) + stop - start
    return found


def hide() -> None:
    """Close what /proc shows of this process, its environment first, to others of its user. It
    dumps no core either. A program that it starts is open again. prctl(2)"""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def end(root: int, mark: str, group: Sequence[Path] = ()) -> None:
    """Kill ``root`` and everything of its sandbox, until nothing is left. ``mark`` is the sandbox's
    folder: its id alone may be another's, of other data on this machine. Nothing has fled from a
    cgroup that it can't leave."""
    # what is walled ends with its root, however fast it forks
    _kill({root} - {-1})
    for _ in range(50):
        fled = () if group else marked(mark)
        left = {each.pid for each in (*below(root, group), *fled)} - {os.getpid()}
        if not left:
            return
        _kill(left)
        time.sleep(0.01)


def _kill(pids: Collection[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _all(group: Sequence[Path] = ()) -> Iterator[Process]:
    try:
        names = (group[0] / "cgroup.procs").read_text().split()
    except (IndexError, OSError):
        names = os.listdir("/proc")
    return filter(None, map(process, map(int, filter(str.isdigit, names))))
