"""Sleeps by which a test knows its own processes among all that this machine runs."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
from pathlib import Path

_count = itertools.count()


def a_sleep() -> str:
    """A command that takes over a minute, and that nobody else gives: ``sleep 60.0001234007``."""
    return f"sleep 60.{os.getpid():07}{next(_count):03}"


def asleep(*sleeps: str) -> set[str]:
    """Which of the commands run, in any sandbox: we are shown what is in namespaces below ours."""
    running = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            running.add(path.read_text(errors="replace").rstrip("\0").replace("\0", " "))
    return running & set(sleeps)


async def begun(*sleeps: str) -> None:
    """Return when all of them run."""
    while asleep(*sleeps) != set(sleeps):  # noqa: ASYNC110 (other processes tell us nothing)
        await asyncio.sleep(0.05)


async def ended(*sleeps: str) -> bool:
    """Whether none runs: what was killed may take a moment to be gone."""
    for _ in range(30):
        if not asleep(*sleeps):
            return True
        await asyncio.sleep(0.1)
    return False
