"""Versions of plans and profiles, each as it was written for its readers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.models import Worded
from bot.domain.writings import MOST, Writing
from bot.storage import keys
from bot.storage.store import Store


class Writings(Store):
    """The versions of every subject; who may read which is for the caller to hold."""

    async def all(self, project: int, of: str) -> list[Writing]:
        """Every one that is kept, for whomever it was written; the oldest version first."""
        found = await self._all(keys.writings(project, of), Writing)
        return sorted(found, key=lambda one: one.number)

    async def keep(
        self, project: int, of: str, what: Worded, by: str, at: datetime, *,
        items: Sequence[int], number: int = 0,
    ) -> None:  # fmt: skip
        """Write version ``number`` down, by default the next where the newest says something else;
        over ``MOST`` the oldest go."""
        key, held = keys.writings(project, of), await self.all(project, of)
        newest = held[-1].number if held else 0
        made = Writing(
            audience=what.audience, number=number or newest + 1, body=what.model_dump_json(),
            items=tuple(items), author=by, made_at=at,
        )  # fmt: skip
        said = [(w.audience, w.text) for w in held if w.number == (number or newest)]
        if (made.audience, made.text) in said:
            return
        await self._redis.hset(key, f"{made.number}:{made.audience}", self._shut(made))
        old = sorted({made.number, *(one.number for one in held)})[:-MOST]
        if over := [f"{one.number}:{one.audience}" for one in held if one.number in old]:
            await self._redis.hdel(key, *over)

    async def forget(self, project: int, of: str) -> None:
        """Drop every version."""
        await self._redis.delete(keys.writings(project, of))
