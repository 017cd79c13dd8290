"""What is asked for by ourselves, as nobody sends it: which, how often, how far, how it goes."""

from datetime import datetime

from pydantic import AwareDatetime

from bot.domain.models import Record
from bot.storage import keys
from bot.storage.store import Store


class Poll(Record):
    """A subreddit (``acme``) asked for ``every`` so many seconds, since somebody said so. Of its
    posts those count that hold one of the words of ``match`` (parted by commas; all where there are
    none). ``upto`` is when the newest that is known was written, ``last`` when it was read;
    ``trouble`` is why it could not be, ``failures`` times in a row."""

    subreddit: str
    every: int
    match: str = ""
    since: AwareDatetime
    upto: AwareDatetime | None = None
    last: AwareDatetime | None = None
    failures: int = 0
    trouble: str = ""

    @property
    def name(self) -> str:
        """``r/acme``."""
        return f"r/{self.subreddit}"


class Polls(Store):
    """The polls of every project."""

    async def put(self, project: int, poll: Poll, due: datetime, *, new: bool = False) -> None:
        """Store it as it is now, and when it is due; ``new``, or removed meanwhile it is not."""
        if new or await self._redis.hexists(keys.polls(project), poll.subreddit):
            due_at = {f"{project}:{poll.subreddit}": due.timestamp()}
            await self._redis.hset(keys.polls(project), poll.subreddit, poll.model_dump_json())
            await self._redis.zadd(keys.polls_due(), due_at)

    async def remove(self, project: int, subreddit: str) -> bool:
        """False where there was none."""
        await self._redis.zrem(keys.polls_due(), f"{project}:{subreddit}")
        return bool(await self._redis.hdel(keys.polls(project), subreddit))

    async def get(self, project: int, subreddit: str) -> Poll | None:
        """None where there is none."""
        return await self._one(keys.polls(project), subreddit, Poll)

    async def all(self, project: int) -> list[Poll]:
        """By name."""
        return await self._all(keys.polls(project), Poll, lambda one: one.name)

    async def due(self, now: datetime) -> list[tuple[int, str]]:
        """Project and subreddit of what is to be asked for by now."""
        return await self._due(keys.polls_due(), now)
