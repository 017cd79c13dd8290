"""Paths and output of a sandbox, the same for every adapter."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

from bot.domain.errors import BadPayload
from bot.domain.fixes.patch import tar_from_tree, tree_from_tar
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
