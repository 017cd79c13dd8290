"""Files in a folder that somebody hostile writes to: no link in it is ever followed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from bot.domain.fixes.patch import Tree

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Folder:
    """``path`` and below, for paths that ``inside`` has passed. New files belong to ``uid``."""

    def __init__(self, path: Path, uid: int | None) -> None:
        self.path = path
        self._uid = uid

    def write(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """Write one file in place of whatever is there."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with self._parent(path, make=True) as (folder, name):
            self._clear(folder, name)
            handle = os.open(name, flags, 0o600, dir_fd=folder)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                os.fchmod(handle, mode)
                if self._uid is not None:
                    os.fchown(handle, self._uid, self._uid)

    def link(self, path: str, target: str) -> None:
        """Make a symlink; it means something to the sandbox only."""
        with self._parent(path, make=True) as (folder, name):
            self._clear(folder, name)
            os.symlink(target, name, dir_fd=folder)

    def unpack(self, tree: Tree) -> None:
        """Write every file of ``tree``."""
        for path, entry in tree.items():
            if entry.is_symlink:
                self.link(path, entry.target or "")
            else:
                self.write(path, entry.data, entry.mode & 0o777)

    def holds(self, path: str) -> bool:
        """Whether ``path`` is a folder that no link leads out of."""
        with contextlib.suppress(OSError), self._parent(f"{path}/x", make=False):
            return True
        return False

    @contextlib.contextmanager
    def _parent(self, path: str, *, make: bool) -> Iterator[tuple[int, str]]:
        """The open parent folder of ``path``, and its name there."""
        *parents, name = path.split("/")
        folder = os.open(self.path, _FOLDER)
        try:
            for part in parents:
                if part == ".":
                    continue
                if make:
                    self._make(folder, part)
                below = os.open(part, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = below
            yield folder, name
        finally:
            os.close(folder)

    def _make(self, folder: int, name: str) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o755, dir_fd=folder)
            if self._uid is not None:
                os.chown(name, self._uid, self._uid, dir_fd=folder, follow_symlinks=False)

    @staticmethod
    def _clear(folder: int, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
