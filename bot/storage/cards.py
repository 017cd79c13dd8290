"""Where each card stands, so that it is edited and not posted again."""

from collections.abc import AsyncIterator

from pydantic import AliasChoices, Field

from bot.domain.models import Record
from bot.storage import keys
from bot.storage.store import Store
from bot.storage.text import text


class Standing(Record):
    """A card that was posted: the comment id or message ts, and a checksum of what it says. ``id``
    is "" where it may have been: then it is looked for by its marker, among the comments that came
    after ``before``, which it takes the place of. ``words`` is a checksum of the comment but for
    its ticks: GitHub shows other words where a person edited it. ``coming`` are those that were
    about to be written since: whoever wrote them may have died before saying so. ``doubtful``
    is one beside which another may stand: GitHub's lists lag behind its writes."""

    id: str
    checksum: str = Field(validation_alias=AliasChoices("checksum", "digest"))  # its older name
    words: str = ""
    coming: tuple[str, ...] = ()
    before: str = ""
    doubtful: bool = False
    # Second it was said last.
    at: float = 0


GITHUB = "gh"


def room_of(place: str) -> tuple[str, float]:
    """GitHub or the channel, and the issue or the second of the thread there; 0 is the channel."""
    room, _, where = place.rpartition(":")
    return room, float(where or 0)


class Cards(Store):
    """Cards of every project, by place and key."""

    async def get(self, project: int, place: str, key: str) -> Standing | None:
        """Where the card stands; None when it was never posted."""
        room, where = room_of(place)
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hget(keys.cards(project), f"{place}|{key}")
            pipe.zscore(keys.forgotten_cards(project), room)
            found, newest = await pipe.execute()
        if found:
            return Standing.read(text(found))
        return Standing(id="", checksum="") if newest is not None and where <= newest else None

    async def on_github(self, project: int) -> AsyncIterator[tuple[str, str, Standing]]:
        """Place, key and standing of every card that is a comment on GitHub."""
        key = keys.cards(project)
        async for field, found in self._redis.hscan_iter(key, match=f"{GITHUB}:*"):
            place, _, card = text(field).partition("|")
            yield place, card, Standing.read(text(found))

    async def put(self, project: int, place: str, key: str, standing: Standing) -> None:
        """Remember it."""
        await self._redis.hset(keys.cards(project), f"{place}|{key}", standing.model_dump_json())

    async def drop(self, project: int, place: str, key: str) -> None:
        """It stands there no longer."""
        await self._redis.hdel(keys.cards(project), f"{place}|{key}")
