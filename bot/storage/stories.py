"""What happened to problems, who hears of it where, and what is held back meanwhile."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.cards.pausing import Pause
from bot.domain.cards.story import Event, Story
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import text

KEPT = timedelta(days=30)
MOST = 5_000


class Stories(Store):
    """The stories of every project's clusters, and what its channels asked to hear."""

    async def get(self, project: int, cluster: int) -> Story | None:
        """The cluster as it was looked at last; None for never."""
        return await self._one(keys.stories(project), cluster, Story)

    async def put(
        self, project: int, cluster: int, story: Story, news: Sequence[Event] = ()
    ) -> None:
        """The story and what is new in it, or neither."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.stories(project), str(cluster), story.model_dump_json())
            if news:
                key, at = keys.happened(project), news[-1].at
                pipe.zadd(key, {event.model_dump_json(): event.at.timestamp() for event in news})
                pipe.zremrangebyscore(key, "-inf", (at - KEPT).timestamp())
                pipe.zremrangebyrank(key, 0, -MOST - 1)
            await pipe.execute()

    async def since(self, project: int, moment: datetime) -> list[Event]:
        """What happened after it in the whole project, oldest first."""
        key = keys.happened(project)
        found = await self._redis.zrangebyscore(key, f"({moment.timestamp()}", "+inf")
        return [Event.read(text(one)) for one in found]

    async def rules(self, project: int) -> dict[str, str]:
        """What each channel asked to hear of at once, in the words it was said in."""
        found = await self._redis.hgetall(keys.notify(project))
        return {text(channel): text(rule) for channel, rule in found.items()}

    async def set_rule(self, project: int, channel: str, rule: str) -> None:
        """Replace it; "" for the one that comes with the product."""
        if rule:
            await self._redis.hset(keys.notify(project), channel, rule)
        else:
            await self._redis.hdel(keys.notify(project), channel)

    async def hold(self, project: int, where: str, what: int | str, at: datetime) -> None:
        """Said later: to a channel a cluster, else by a job (``digest``) what its id says."""
        member = f"{where}|{what}"
        await self._redis.zadd(keys.held(project), {member: at.timestamp()}, nx=True)

    async def held(self, project: int) -> list[tuple[str, str, datetime]]:
        """Where, what and since when, oldest first."""
        found: Any = await self._redis.zrange(keys.held(project), 0, -1, withscores=True)
        held = []
        for member, at in found:
            where, _, what = text(member).partition("|")
            held.append((where, what, datetime.fromtimestamp(at, UTC)))
        return held

    async def release(self, project: int, where: str, what: int | str) -> None:
        """It was said."""
        await self._redis.zrem(keys.held(project), f"{where}|{what}")

    async def pauses(self, project: int) -> dict[str, Pause]:
        """The pauses that are or were last, by what is paused."""
        found = await self._redis.hgetall(keys.paused(project))
        return {text(what): Pause.read(text(one)) for what, one in found.items()}

    async def pause(self, project: int, pause: Pause) -> None:
        """Begin a pause, or change when it ends."""
        await self._redis.hset(keys.paused(project), pause.what, pause.model_dump_json())
