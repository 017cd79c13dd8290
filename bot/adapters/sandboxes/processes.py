"""What runs on this machine, read from /proc: the processes below one, and ending them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
MARK = "SOULCASTER_SANDBOX"


@dataclass(frozen=True, slots=True)
class Process:
    """One process; ``started`` (clock ticks since boot) tells it from a later one of its number.

    ``memory`` is what it holds, in bytes.
    """

    pid: int
    parent: int
    session: int
    started: int
    memory: int


def process(pid: int) -> Process | None:
    """What /proc says of ``pid`` (proc(5)); None when it is gone or a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (OSError, UnicodeDecodeError):
        return None
    fields = text.rpartition(")")[2].split()
    if fields[0] in ("Z", "X"):
        return None
    parent, session, started, pages = (int(fields[index]) for index in (1, 3, 19, 21))
    return Process(pid, parent, session, started, pages * PAGE)


def below(root: int) -> list[Process]:
    """``root``, all that descends from it, and all of its session."""
    found = {each.pid: each for each in _all()}
    children: dict[int, list[Process]] = {}
    for each in found.values():
        children.setdefault(each.parent, []).append(each)
    wanted = {pid: each for pid, each in found.items() if pid == root or each.session == root}
    queue = [root, *wanted]
    while queue:
        for child in children.get(queue.pop(), []):
            if child.pid not in wanted:
                wanted[child.pid] = child
                queue.append(child.pid)
    return list(wanted.values())


def marked(mark: str) -> list[Process]:
    """Processes that carry a sandbox's mark in their environment, wherever they fled to."""
    wanted = f"{MARK}={mark}".encode()
    return [each for each in _all() if wanted in _environment(each.pid)]


def end(root: int, mark: str) -> None:
    """Kill ``root`` and everything of its sandbox, until nothing is left.

    ``mark`` is the sandbox's folder: its id alone may be another's, of other data on this machine.
    """
    for _ in range(50):
        left = {each.pid for each in (*below(root), *marked(mark))} - {os.getpid()}
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _all() -> Iterator[Process]:
    for name in os.listdir("/proc"):
        if name.isdigit():
            found = process(int(name))
            if found:
                yield found


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
