"""One namespace of the local index as files.

    current       the number of the generation in force
    lock          held by whoever writes (flock)
    N.f32         rows of float32, appended
    N.log         what the rows mean: ``width 384``, then ``+ROW ID`` and ``-ID``, a line each

A row counts once its line is in the log, and the line is written after the row: a reader needs no
lock, and what a killed writer left half done is written over. Compaction and ``drop`` make a new
generation and then point ``current`` to it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.domain.errors import Rejected
from bot.domain.ports import Vector

COMPACT_SHARE = 0.2  # of the rows being dead
COMPACT_LEAST = 1_000  # rows
_NONE: Vector = np.zeros((0, 0), dtype=np.float32)


def folder_name(namespace: str) -> str:
    """A file name no other namespace has, whatever characters are in it."""
    escaped = "ns-" + urllib.parse.quote(namespace, safe="")
    if len(escaped) <= 200:
        return escaped
    return escaped[:160] + "-" + hashlib.sha256(namespace.encode()).hexdigest()[:32]


def forget(folder: Path, projects: Sequence[int]) -> None:
    """Delete all namespaces of these; a process that has one open finds it empty."""
    for project in projects:
        for gone in folder.glob(folder_name(f"{project}:") + "*"):
            shutil.rmtree(gone, ignore_errors=True)


class Namespace:
    """What this process has read of the files so far. Not for two threads at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._forget_all(-1)

    def _forget_all(self, generation: int) -> None:
        self._generation = generation
        self._width = 0
        self._rows: dict[str, int] = {}
        self._used = 0  # rows in the file that a line speaks of
        self._offset = 0  # bytes of the log that were read
        self._map: Vector = _NONE
        self._listed: tuple[list[str], NDArray[np.intp]] | None = None

    def read(self) -> tuple[list[str], NDArray[np.intp], Vector]:
        """Ids, their rows, and the rows, with everything that any process has published."""
        self._catch_up()
        if self._listed is None:
            rows = np.fromiter(self._rows.values(), dtype=np.intp, count=len(self._rows))
            self._listed = list(self._rows), rows
        return *self._listed, self._map

    def row_of(self, name: str) -> int | None:
        """Of the last ``read``."""
        return self._rows.get(name)

    def append(self, ids: Sequence[str], vectors: Vector) -> None:
        """Publish these vectors."""
        with self._writing():
            if self._width not in (0, vectors.shape[1]):
                raise Rejected(f"this namespace is {self._width} wide, not {vectors.shape[1]}")
            lines = [] if self._width else [f"width {vectors.shape[1]}"]
            lines += [f"+{self._used + i} {_quoted(name)}" for i, name in enumerate(ids)]
            with self._path("f32").open("r+b" if self._path("f32").exists() else "w+b") as file:
                file.seek(self._used * vectors.shape[1] * 4)
                file.write(vectors.astype("<f4").tobytes())
                file.flush()
                os.fdatasync(file.fileno())
            self._log(lines)
            self._compact_if_due()

    def forget(self, ids: Sequence[str]) -> None:
        """Publish that these are gone."""
        with self._writing():
            known = [name for name in dict.fromkeys(ids) if name in self._rows]
            if known:
                self._log([f"-{_quoted(name)}" for name in known])
                self._compact_if_due()

    def drop(self) -> None:
        """Begin an empty generation."""
        with self._writing():
            self._begin(self._generation + 1, [], _NONE)

    def close(self) -> None:
        """Let go of the mapping."""
        self._forget_all(-1)

    def _path(self, kind: str, generation: int | None = None) -> Path:
        return self._folder / f"{self._generation if generation is None else generation}.{kind}"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Be the only writer, having read everything."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._catch_up()
            if self._generation < 0:
                self._begin(0, [], _NONE)
            yield

    def _catch_up(self) -> None:
        """Read what was published since; begin anew when there is a new generation."""
        while True:
            try:
                generation = int((self._folder / "current").read_text())
            except FileNotFoundError:
                self._forget_all(-1)
                return
            if generation != self._generation:
                self._forget_all(generation)
            # A compaction may have taken the file away since: then there is a newer generation.
            with suppress(FileNotFoundError):
                self._read_log()
                return

    def _read_log(self) -> None:
        with self._path("log").open("rb") as log:
            log.seek(self._offset)
            published = log.read()
        published = published[: published.rfind(b"\n") + 1]
        if not published:
            return
        for line in published.decode().splitlines():
            self._apply(line)
        self._offset += len(published)
        self._listed = None
        if self._used * self._width:
            path = self._path("f32")
            self._map = np.memmap(path, "<f4", mode="r", shape=(self._used, self._width))

    def _apply(self, line: str) -> None:
        sign, rest = line[0], line[1:]
        if sign == "+":
            row, _, name = rest.partition(" ")
            self._rows[urllib.parse.unquote(name)] = int(row)
            self._used = int(row) + 1
        elif sign == "-":
            self._rows.pop(urllib.parse.unquote(rest), None)
        else:
            self._width = int(line.removeprefix("width "))

    def _log(self, lines: Sequence[str]) -> None:
        """Publish lines in one write, over whatever a killed writer left unfinished."""
        with self._path("log").open("r+b") as log:
            log.seek(self._offset)
            log.truncate()
            log.write("".join(f"{line}\n" for line in lines).encode())
            log.flush()
            os.fdatasync(log.fileno())
        self._read_log()

    def _compact_if_due(self) -> None:
        dead = self._used - len(self._rows)
        if self._used >= COMPACT_LEAST and dead > COMPACT_SHARE * self._used:
            ids, rows, stored = self.read()
            order = np.argsort(rows)
            self._begin(self._generation + 1, [ids[i] for i in order], stored[rows[order]])

    def _begin(self, generation: int, ids: Sequence[str], vectors: Vector) -> None:
        """A new generation with these vectors takes the place of the one in force."""
        lines = [f"width {vectors.shape[1]}"] if ids else []
        lines += [f"+{row} {_quoted(name)}" for row, name in enumerate(ids)]
        self._path("f32", generation).write_bytes(vectors.astype("<f4").tobytes())
        self._path("log", generation).write_bytes("".join(f"{line}\n" for line in lines).encode())
        pointer = self._folder / "next"
        pointer.write_text(str(generation))
        pointer.replace(self._folder / "current")
        for kind in ("f32", "log"):
            self._path(kind).unlink(missing_ok=True)
        self._forget_all(generation)
        self._catch_up()


def _quoted(name: str) -> str:
    return urllib.parse.quote(name, safe=":/@")
