"""How far a project's issues and their comments have been read from GitHub."""

import json
from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime
from pydantic_core import to_jsonable_python

from bot.domain.models import Place, Record
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import text

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Import(Record):
    """``issues`` and ``comments`` are read up to there, by GitHub's time of their last change. What
    was opened before ``since``, when the app came, is history. ``seen`` of about ``total`` issues
    and pull requests were read in this reading, or the last one, which ``ended`` then. How far it
    is is said in ``place``."""

    since: AwareDatetime
    issues: AwareDatetime = BEGINNING
    comments: AwareDatetime = BEGINNING
    seen: int = 0
    total: int = 0
    ended: AwareDatetime | None = None
    place: Place | None = None

    @property
    def tenth(self) -> int:
        """How far the reading is, from 0 to 10."""
        return min(10, 10 * self.seen // self.total) if self.total else 0

    @property
    def progress(self) -> str:
        """How far it is, in words."""
        if self.ended is None and self.seen < self.total:
            return f"{self.seen:,} of about {self.total:,} issues and pull requests"
        return f"all {self.total:,} issues and pull requests" + ", now comments" * (not self.ended)


class Imports(Store):
    """The imports of every project."""

    async def begin(self, project: int, now: datetime) -> Import:
        """The app has come, or is back; what was read before stays read."""
        # GitHub tells no finer: an issue of this second is none of before.
        await self.put(project, since=now.replace(microsecond=0))
        return await self.get(project) or Import(since=now)

    async def get(self, project: int) -> Import | None:
        """None where nobody began."""
        found = await self._redis.hgetall(keys.imports(project))
        stored = {text(name): json.loads(value) for name, value in found.items()}
        return Import.model_validate(stored) if stored else None

    async def since(self, project: int) -> datetime | None:
        """What was opened before this is history; None where nobody began."""
        past = await self.get(project)
        return past.since if past else None

    async def put(self, project: int, **fields: object) -> None:
        """Write these fields of it."""
        written: dict[Any, Any] = {
            name: json.dumps(to_jsonable_python(value)) for name, value in fields.items()
        }
        await self._redis.hset(keys.imports(project), mapping=written)
