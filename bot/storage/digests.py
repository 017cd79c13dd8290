"""When a project's digest goes out, and where its tracking issues are."""

from bot.domain.models import Person
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import number, text


class Digests(Store):
    """Schedules and tracking issues of every project."""

    async def schedule(self, project: int) -> str:
        """The schedule in the words it was set with; "" for the default, "off" for none."""
        return text(await self._redis.hget(keys.digests(project), "schedule"))

    async def set_schedule(self, project: int, words: str, by: Person, only: str = "") -> None:
        """Replace the schedule, and the rule of what is in it; it runs for whoever set it up."""
        await self._redis.hset(
            keys.digests(project),
            mapping={"schedule": words, "by": by.model_dump_json(), "only": only},
        )

    async def filter_and_last(self, project: int) -> tuple[str, float]:
        """The rule of what is in a digest, "" for everything, and when one went out last."""
        found = await self._redis.hmget(keys.digests(project), ["only", "last"])
        return text(found[0]), float(text(found[1]) or 0)

    async def scheduled_by(self, project: int) -> Person | None:
        """Who set the schedule up; None where nobody did."""
        return await self._one(keys.digests(project), "by", Person)

    async def last(self, project: int) -> float:
        """When the digest went out last, in seconds since 1970; 0 for never."""
        return float(text(await self._redis.hget(keys.digests(project), "last")) or 0)

    async def sent(self, project: int, at: float, slot: str = "") -> None:
        """It went out, under this name; twice is once."""
        newest, since = await self.newest(project)
        if not slot or slot != newest:
            since = await self.last(project)
        await self._redis.hset(
            keys.digests(project), mapping={"last": repr(at), "slot": slot, "since": repr(since)}
        )

    async def newest(self, project: int) -> tuple[str, float]:
        """The name of the digest that went out last, and the second of the one before it."""
        found = await self._redis.hmget(keys.digests(project), ["slot", "since"])
        return text(found[0]), float(text(found[1]) or 0)

    async def tracking_issue(self, project: int) -> int | None:
        """Number of the tracking issue."""
        return number(await self._redis.get(keys.tracking(project))) or None

    async def set_tracking_issue(self, project: int, issue: int) -> None:
        """Remember it."""
        await self._redis.set(keys.tracking(project), issue)

    async def forget_tracking_issue(self, project: int) -> None:
        """It is gone: the next digest opens another."""
        await self._redis.delete(keys.tracking(project))

    async def tracked(self, project: int) -> dict[int, int]:
        """The issue of each cluster that has one of its own, by the cluster's number."""
        found = await self._redis.hgetall(keys.tracked(project))
        return {int(cluster): int(issue) for cluster, issue in found.items()}

    async def track(self, project: int, cluster: int, issue: int) -> None:
        """Remember it."""
        await self._redis.hset(keys.tracked(project), str(cluster), issue)

    async def untrack(self, project: int, cluster: int) -> None:
        """Forget it."""
        await self._redis.hdel(keys.tracked(project), str(cluster))
