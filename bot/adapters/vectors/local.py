"""Vectors in a file of this machine, in SQLite, shared by any number of processes."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from bot.domain.errors import Rejected, Unavailable
from bot.domain.ports import Vector

BATCH = 500  # ids a statement
PATIENCE = 30.0  # seconds that a write waits for those of other processes


class LocalIndex:
    """The vector index port on a folder. What is written is on disk when a call returns. Raises
    Unavailable when the disk refuses."""

    id = "local"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def upsert(self, namespace: str, ids: Sequence[str], vectors: Vector) -> None:
        """Store unit-length copies of ``vectors``; visible to every process at once. Raises
        Rejected when their width is not the namespace's."""
        if len(ids) != len(vectors):
            raise Rejected(f"{len(ids)} ids came with {len(vectors)} vectors.")
        if ids:
            await asyncio.to_thread(self._upsert, namespace, ids, vectors)

    async def fetch(self, namespace: str, ids: Sequence[str]) -> dict[str, Vector]:
        return await asyncio.to_thread(self._fetch, namespace, ids)

    async def remove(self, namespace: str, ids: Sequence[str]) -> None:
        statement = "DELETE FROM vectors WHERE space = ? AND id = ?"
        await asyncio.to_thread(self._write, statement, [(namespace, name) for name in ids])

    async def drop(self, namespace: str) -> None:
        await asyncio.to_thread(self._write, "DELETE FROM vectors WHERE space = ?", [(namespace,)])

    async def forget(self, projects: Sequence[int]) -> None:
        """Forget all namespaces of these."""
        if not self._folder.exists():
            return
        statement = "DELETE FROM vectors WHERE space LIKE ?"
        await asyncio.to_thread(self._write, statement, [(f"{one}:%",) for one in projects])

    async def close(self) -> None:
        """Nothing is held open."""

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The database; what the block has written is committed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self._folder / "vectors.db", timeout=PATIENCE)) as made:
                made.execute(
                    "CREATE TABLE IF NOT EXISTS vectors (space TEXT, id TEXT, vector BLOB NOT NULL,"
                    " PRIMARY KEY (space, id))"
                )
                made.execute("PRAGMA secure_delete = ON")  # what is erased is not in free pages
                with made:
                    yield made
        except sqlite3.OperationalError as error:
            raise Unavailable(f"The vectors in {self._folder} are out of reach: {error}") from error

    def _upsert(self, namespace: str, ids: Sequence[str], vectors: Vector) -> None:
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = (vectors / np.where(lengths > 0, lengths, 1)).astype("<f4")
        rows = [(namespace, name, row.tobytes()) for name, row in zip(ids, unit, strict=True)]
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")  # or two that have read would wait for each other
            # All of an answer is read: what is left of one holds a lock.
            for (known,) in database.execute(
                "SELECT vector FROM vectors WHERE space = ? LIMIT 1", (namespace,)
            ).fetchall():
                if len(known) != len(rows[0][2]):
                    width = len(known) // 4
                    raise Rejected(f"this namespace is {width} wide, not {vectors.shape[1]}")
            database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def _fetch(self, namespace: str, ids: Sequence[str]) -> dict[str, Vector]:
        found: dict[str, Vector] = {}
        with self._open() as database:
            for start in range(0, len(ids), BATCH):
                wanted = ids[start : start + BATCH]
                rows = database.execute(
                    "SELECT id, vector FROM vectors WHERE space = ?"  # noqa: S608
                    f" AND id IN ({', '.join('?' * len(wanted))})",
                    (namespace, *wanted),
                )
                found |= {name: np.frombuffer(kept, "<f4") for name, kept in rows}
        return found

    def _write(self, statement: str, rows: Sequence[tuple[str, ...]]) -> None:
        with self._open() as database:
            database.executemany(statement, rows)
