"""Where deliveries wait while Redis is away: SQLite, on disk before the 202."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.storage.inbox import Delivery


class Spool:
    """A table of deliveries in one file. Writes are durable when they return."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=5)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute(
            "CREATE TABLE IF NOT EXISTS deliveries (row TEXT PRIMARY KEY, kind TEXT NOT NULL,"
            " meta TEXT NOT NULL, at REAL NOT NULL, body BLOB NOT NULL)"
        )
        return database

    async def put(self, delivery: Delivery) -> None:
        """Store it. Raises sqlite3.Error or OSError when the disk refuses."""

        def write() -> None:
            database = self._open()
            try:
                with database:
                    database.execute(
                        "INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?, ?, ?)",
                        (
                            delivery.row,
                            delivery.kind,
                            json.dumps([dict(delivery.meta), delivery.tenant, delivery.lane]),
                            delivery.received_at,
                            delivery.body,
                        ),
                    )
            finally:
                database.close()

        await asyncio.to_thread(write)

    async def drain(self, accept: Callable[[Delivery], Awaitable[object]]) -> int:
        """Hand rows to ``accept``, oldest first, and drop those it took; how many.

        Nobody who spools waits for this: ``accept`` may take long.
        """
        if not self._path.exists():
            return 0

        def read() -> list[tuple[str, str, str, float, bytes]]:
            database = self._open()
            try:
                return database.execute(
                    "SELECT row, kind, meta, at, body FROM deliveries ORDER BY rowid LIMIT 100"
                ).fetchall()
            finally:
                database.close()

        def drop(row: str) -> None:
            database = self._open()
            try:
                with database:
                    database.execute("DELETE FROM deliveries WHERE row = ?", (row,))
            finally:
                database.close()

        taken = 0
        for row, kind, meta, at, body in await asyncio.to_thread(read):
            told, tenant, lane = json.loads(meta)
            await accept(Delivery(kind, told, body, at, tenant=tenant, lane=lane))
            await asyncio.to_thread(drop, row)
            taken += 1
        return taken
