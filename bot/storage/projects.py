"""Installations and the projects in them."""

from __future__ import annotations

from redis.asyncio import Redis

from bot.domain.errors import NotFound
from bot.domain.models import Project
from bot.storage import keys
from bot.storage.text import text


class Projects:
    """Every repository the app is installed on."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, project: Project) -> None:
        """Add or replace."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.projects(), str(project.id), project.model_dump_json())
            pipe.hset(keys.project_names(), project.full_name.lower(), str(project.id))
            await pipe.execute()

    async def find(self, project: int) -> Project | None:
        """By id; None when the app is not, or no longer, installed there."""
        found = text(await self._redis.hget(keys.projects(), str(project)))
        if not found:
            return None
        record = Project.model_validate_json(found)
        return None if record.removed else record

    async def get(self, project: int) -> Project:
        """By id. Raises NotFound."""
        if record := await self.find(project):
            return record
        raise NotFound(f"Soulcaster is not installed on repository {project}.")

    async def named(self, full_name: str) -> Project:
        """By ``owner/repo``. Raises NotFound."""
        number = text(await self._redis.hget(keys.project_names(), full_name.lower()))
        if number and (record := await self.find(int(number))):
            return record
        raise NotFound(f"Soulcaster is not installed on {full_name}: install the app there first.")

    async def all(self) -> list[Project]:
        """Every project the app is installed on, by name."""
        found = await self._redis.hvals(keys.projects())
        records = [Project.model_validate_json(text(value)) for value in found]
        return sorted((p for p in records if not p.removed), key=lambda p: p.full_name)

    async def remove(self, project: int) -> None:
        """The app was uninstalled there: nothing is written to it any more."""
        if record := await self.find(project):
            await self.put(record.model_copy(update={"removed": True}))
