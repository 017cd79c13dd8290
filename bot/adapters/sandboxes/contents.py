"""Paths and output of a sandbox, the same for every adapter; and files in a folder that somebody
hostile writes to: no link in it is ever followed."""

import codecs
import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.domain.errors import BadPayload
from bot.domain.fixes.patch import Tree, tar_from_tree, tree_from_tar
from bot.domain.ports import OnOutput

GONE = "The sandbox is gone: it was ended, or its time is over."
# Each file in full: one by another's name (a hard link), or with holes, is none we would read.
TAR = ("--format=posix", "--hard-dereference")
QUIET: Mapping[str, str] = {
    "CI": "true",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "PYTHONUNBUFFERED": "1",
    "PYTHONHASHSEED": "0",
}


def inside(path: str) -> str:
    """``path`` normalised. Raises BadPayload when it is absolute or leaves the work folder."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts or "\0" in path:
        raise BadPayload(f"{path!r} is outside the sandbox's work folder")
    return "/".join(parts) or "."


def safe_tar(tar: bytes) -> bytes:
    """``tar`` rewritten: no path or link in it can write outside its folder."""
    return tar_from_tree(tree_from_tar(tar))


class Output:
    """One stream of a command: its beginning and its end, at most ``limit`` bytes of it."""

    def __init__(self, limit: int, on_output: OnOutput | None) -> None:
        self._head, self._tail = bytearray(), bytearray()
        self._limit, self._on_output = limit, on_output
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.total = 0

    def add(self, data: bytes) -> None:
        """Take what came; whoever listens hears the kept beginning only."""
        if self._on_output and self.total < self._limit:
            text = self._decoder.decode(data[: self._limit - self.total])
            if text:
                self._on_output(text)
        self.total += len(data)
        half = self._limit // 2
        room = half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:] if room < len(data) else b""
        del self._tail[: -(self._limit - half)]

    @property
    def truncated(self) -> bool:
        """Whether something was left out."""
        return self.total > len(self._head) + len(self._tail)

    @property
    def text(self) -> str:
        """What was kept, with a line where something is missing."""
        head = self._head.decode("utf-8", "replace")
        tail = self._tail.decode("utf-8", "replace")
        if not self.truncated:
            return (self._head + self._tail).decode("utf-8", "replace")
        missing = self.total - len(self._head) - len(self._tail)
        return f"{head}\n[... {missing} bytes left out ...]\n{tail}"


_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Folder:
    """``path`` and below, for paths that ``inside`` has passed. New files belong to ``uid``."""

    def __init__(self, path: Path, uid: int | None) -> None:
        self.path, self._uid = path, uid

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
