"""Where deliveries wait while Redis is away: SQLite, on disk before the 202."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.storage.inbox import Delivery

# Bytes of bodies that are read at once.
_ENOUGH = 8 * 1024 * 1024


class Spool:
    """A table of deliveries in one file, in the order in which they came. Writes are durable when
    they return. Raises sqlite3.Error or OSError when the disk refuses."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=5)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute(
                "CREATE TABLE IF NOT EXISTS deliveries (row TEXT PRIMARY KEY, kind TEXT NOT NULL,"
                " meta TEXT NOT NULL, at REAL NOT NULL, body BLOB NOT NULL)"
            )
            with database:
                yield database
        finally:
            database.close()

    async def put(self, deliveries: Sequence[Delivery]) -> None:
        """Store them behind those that wait, in one transaction."""

        def write() -> None:
            with self._database() as database:
                database.executemany(
                    "INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?, ?, ?)",
                    [
                        (
                            each.row,
                            each.kind,
                            json.dumps([dict(each.meta), each.tenant, each.lane]),
                            each.received_at,
                            each.body,
                        )
                        for each in deliveries
                    ],
                )

        await asyncio.to_thread(write)

    async def first(self, count: int, *, of: Iterable[str] = ()) -> list[tuple[str, Delivery]]:
        """Those that wait longest, of all kinds or of some, with the names that ``drop`` takes; few
        where they are large."""
        kinds = json.dumps([*of])

        def read() -> list[tuple[str, Delivery]]:
            if not self._path.exists():
                return []
            with self._database() as database:
                rows = database.execute(
                    "SELECT row, kind, meta, at, body FROM deliveries WHERE ? = '[]' OR kind IN"
                    " (SELECT value FROM json_each(?)) ORDER BY rowid LIMIT ?",
                    (kinds, kinds, count),
                )
                found, size = [], 0
                for row, kind, meta, at, body in rows:
                    told, tenant, lane = json.loads(meta)
                    found.append((row, Delivery(kind, told, body, at, tenant=tenant, lane=lane)))
                    size += len(body)
                    if size > _ENOUGH:
                        break
                return found

        return await asyncio.to_thread(read)

    async def drop(self, rows: Sequence[str]) -> None:
        """Those that wait here no more."""

        def delete() -> None:
            with self._database() as database:
                database.executemany("DELETE FROM deliveries WHERE row = ?", [(r,) for r in rows])

        await asyncio.to_thread(delete)
