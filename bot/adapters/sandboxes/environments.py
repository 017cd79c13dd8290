"""What builds have installed, kept by name on this machine's disk, the least used gone first."""

import os
import re
import shutil
import time
from pathlib import Path

from bot.adapters.sandboxes.state import alone
from bot.domain.errors import TooLarge

_NAME = re.compile(r"[0-9a-f]{16,64}")
# One that was used less long ago may be in use.
_RECENT = 7200


class Environments:
    """``root/<name>`` is a file or a folder, whatever the adapter keeps. ``max_bytes`` bounds all
    of them together."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self._root, self._max = root.absolute(), max_bytes

    def find(self, name: str) -> Path | None:
        """Where it is, and it counts as used now; None where there is none."""
        path = self._root / name
        if not _NAME.fullmatch(name) or not path.exists():
            return None
        os.utime(path)
        return path

    def take(self, name: str, source: Path) -> None:
        """Move ``source`` in under ``name``; a race is won by who is first. Raises TooLarge when it
        does not fit beside nothing at all."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of an environment")
        size = _size(source)
        if size > self._max:
            raise TooLarge(f"{size // 1_000_000} MB were installed; {self._max // 1_000_000} fit")
        with alone(self._root):
            if not (self._root / name).exists():
                self._make_room(self._max - size)
                shutil.move(source, self._root / name)
                os.utime(self._root / name)

    def _make_room(self, room: int) -> None:
        kept = sorted(
            (path for path in self._root.iterdir() if _NAME.fullmatch(path.name)),
            key=lambda path: path.stat().st_mtime,
        )
        sizes = {path: _size(path) for path in kept}
        used = sum(sizes.values())
        for path in kept:
            if used <= room or time.time() - path.stat().st_mtime < _RECENT:
                return
            used -= sizes[path]
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    if not path.is_dir() or path.is_symlink():
        return path.lstat().st_size
    return sum(_size(Path(entry)) for entry in os.scandir(path))
