"""Installations and the projects in them."""

from datetime import datetime
from typing import Any

from bot.domain.errors import NotFound, Unavailable
from bot.domain.models import Project
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import text

# A yes is its owner's who gave it: https://docs.github.com/en/repositories/creating-and-managing-repositories/transferring-a-repository
MOVED = "moved"


class Projects(Store):
    """Every repository the app is installed on, and for a while those it was."""

    async def put(self, project: Project) -> None:
        """Add or replace. Raises Unavailable while what was known of it is being erased."""
        record = project.model_dump_json()
        three = [keys.projects(), keys.project_names(), keys.erasing()]
        name = project.full_name.lower()
        if not await self._scripts.run("put_project", three, [project.id, record, name]):
            raise Unavailable(f"{project.full_name} is being erased.", retry_after=5)

    async def find(self, project: int) -> Project | None:
        """By id; None when the app is not, or no longer, installed there."""
        record = await self.known(project)
        return None if record is None or record.removed else record

    async def known(self, project: int) -> Project | None:
        """By id, also where the app was removed; None once that is erased."""
        return await self._one(keys.projects(), project, Project)

    async def get(self, project: int) -> Project:
        """By id. Raises NotFound."""
        if record := await self.find(project):
            return record
        raise NotFound(f"Soulcaster is not installed on repository {project}.")

    async def named(self, full_name: str, *, removed: bool = False) -> Project:
        """By ``owner/repo``; also where the app was ``removed``, if so asked. Raises NotFound."""
        number = text(await self._redis.hget(keys.project_names(), full_name.lower()))
        record = await self.known(int(number)) if number else None
        if record and (removed or not record.removed):
            return record
        raise NotFound(f"Soulcaster is not installed on {full_name}: install the app there first.")

    async def all(self) -> list[Project]:
        """Every project the app is installed on, by name."""
        return [record for record in await self._records() if not record.removed]

    async def tenants(self) -> set[int]:
        """The installations that have a project."""
        return {record.installation for record in await self.all()}

    async def sample(self) -> list[Project]:
        """All of them, or about a hundred, the same ones: at a cost that does not grow."""
        read: Any = await self._redis.hscan(keys.projects(), count=100)
        return [Project.read(text(value)) for value in read[1].values()]

    async def removed(self) -> list[Project]:
        """Every project that it is on no more, and that is not erased yet, by name."""
        return [record for record in await self._records() if record.removed]

    async def _records(self) -> list[Project]:
        return await self._all(keys.projects(), Project, lambda record: record.full_name)

    async def keep_config(self, project: int, config: str) -> None:
        """What its file decides, as JSON: the last that could be read."""
        await self._redis.set(keys.config(project), config)

    async def config(self, project: int) -> str | None:
        """The last that could be read; None where none was."""
        return text(await self._redis.get(keys.config(project))) or None

    async def choice(self, project: int) -> dict[str, str]:
        """The way of clustering that somebody chose, ``by`` whom, whether each was ``told`` of; how
        it went with the history, when we ``looked``."""
        names = ("way", "by", "told", "looked")
        found = await self._redis.hmget(keys.choice(project), names)
        return {name: text(value) for name, value in zip(names, found, strict=True) if value}

    async def choose(self, project: int, **fields: str) -> None:
        """Write these fields of it."""
        await self._redis.hset(keys.choice(project), mapping=dict[Any, Any](fields))

    async def onboarding(self, project: int) -> str:
        """How far the question is whether we may write there: ``reading``, or the pull request's
        number that asks; ``moved``, or ``moved`` and that number, where another owner is asked
        again, whatever the file says; "" where that is settled."""
        return text(await self._redis.get(keys.onboarding(project)))

    async def onboard(self, project: int, stands: str) -> None:
        """It stands so from now on; "" for settled."""
        if stands:
            await self._redis.set(keys.onboarding(project), stands)
        else:
            await self._redis.delete(keys.onboarding(project))

    async def config_and_onboarding(self, project: int) -> tuple[str, str]:
        """Both, in one go."""
        config, stands = await self._redis.mget(keys.config(project), keys.onboarding(project))
        return text(config), text(stands)

    async def remove(self, project: Project, *, told_at: datetime | None = None) -> None:
        """The app is there no more: nothing is posted. ``told_at``: GitHub itself said so."""
        await self.put(project.model_copy(update={"removed": True, "removed_at": told_at}))

    async def begin_erasing(self, project: Project) -> None:
        """Close it for good: it is not written any more until all that is known of it is gone."""
        await self._redis.sadd(keys.erasing(), project.id)
        # Somebody may have installed it again, unless we are asked to erase it as it stands.
        if not project.removed or await self.find(project.id) is None:
            gone = project.model_copy(update={"removed": True}).model_dump_json()
            await self._redis.hset(keys.projects(), str(project.id), gone)
