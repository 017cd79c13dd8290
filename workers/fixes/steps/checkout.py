"""A folder of this machine as a tree of files, read and never touched."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bot.domain.errors import NotFound, TooLarge
from bot.domain.fixes.environment import submodules
from bot.domain.fixes.patch import DROPPING_FOLDERS, EXECUTABLE, REGULAR, SYMLINK, Entry, Tree

MAX_FILES = 100_000
MAX_BYTES = 500_000_000


def read_checkout(folder: Path, *, leave_out: Path | None = None) -> dict[str, Entry]:
    """The files below ``folder`` as they are now.

    Of a git checkout: what is tracked, and what is untracked and not ignored. Of any other folder:
    everything but what tools leave behind. ``leave_out`` is not read. Raises NotFound when there
    is nothing to read, TooLarge over the caps.
    """
    tree: dict[str, Entry] = {}
    size = 0
    for path in sorted(_known_to_git(folder) or _all(folder)):
        there = folder / path
        if leave_out is not None and there.is_relative_to(leave_out):
            continue
        entry = _entry(there)
        if entry is None:
            continue
        tree[path] = entry
        size += len(entry.data)
        if len(tree) > MAX_FILES or size > MAX_BYTES:
            raise TooLarge(f"{folder} holds more than a fix run takes (100,000 files, 500 MB).")
    if not tree:
        raise NotFound(f"{folder} holds no files.")
    return tree


def read_submodules(folder: Path, tree: Tree) -> dict[str, Entry]:
    """The files of those submodules of ``tree`` that are checked out below ``folder``."""
    found: dict[str, Entry] = {}
    for path in submodules(tree):
        if (folder / path / ".git").exists() and (folder / path).resolve() == folder / path:
            there = read_checkout(folder / path)
            found |= {f"{path}/{name}": entry for name, entry in there.items()}
    return found


def _known_to_git(folder: Path) -> list[str]:
    """Paths below ``folder``; empty where there is no git checkout, or no git."""
    git = shutil.which("git")
    if git is None:
        return []
    command = [git, "-c", "core.fsmonitor=false", "-c", "safe.directory=*", "ls-files", "-z"]
    try:
        done = subprocess.run(
            [*command, "--cached", "--others", "--exclude-standard"],
            cwd=folder,
            # No lock is taken, so nothing is written; no variable of a hook leads elsewhere.
            env={"PATH": os.defpath, "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    if done.returncode:
        return []
    return list(dict.fromkeys(os.fsdecode(name) for name in done.stdout.split(b"\0") if name))


def _all(folder: Path) -> Iterator[str]:
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in DROPPING_FOLDERS]
        links = [name for name in folders if os.path.islink(os.path.join(here, name))]
        for name in [*files, *links]:
            yield os.path.relpath(os.path.join(here, name), folder)


def _entry(path: Path) -> Entry | None:
    """One file; None for what is gone, a folder (a submodule), a pipe or a device."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return Entry(mode=SYMLINK, data=os.fsencode(os.readlink(path)))
        if not stat.S_ISREG(mode):
            return None
        kind = EXECUTABLE if mode & stat.S_IXUSR else REGULAR
        return Entry(mode=kind, data=path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
