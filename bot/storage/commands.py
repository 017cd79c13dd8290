"""What people said, in which order it is obeyed, and how each command ended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from bot.domain.cards.card import Card
from bot.domain.models import Person, Place, Record, Worded
from bot.storage import keys
from bot.storage.leases import LeaseLost
from bot.storage.store import Store
from bot.storage.text import text

Outcome = Literal["heard", "done", "refused", "failed"]
# Who waits for longer is told so.
TOLD_AFTER = timedelta(seconds=20)


class Reply(Record):
    """What a command came to, from when it was obeyed until that has been said."""

    outcome: Outcome
    card: Card
    public: bool


class Wait(Record):
    """A command cannot go on, ``why``, and is not tried again before ``until``."""

    since: AwareDatetime
    until: AwareDatetime
    why: str


class Utterance(Worded):
    """One command line as it was said. ``id`` is the same however often it is delivered.
    ``said_at`` is by the clock of the place, where that tells it, and ``index`` its number among
    the lines of one text. ``told``: who said it knows that it waits. ``attached`` are files of the
    message, by Slack's ids with the workspace before them."""

    id: str
    project: int
    line: str
    person: Person
    place: Place
    attached: tuple[str, ...] = ()
    heard_at: AwareDatetime
    said_at: AwareDatetime | None = None
    index: int = 0
    wait: Wait | None = None
    told: bool = False
    reply: Reply | None = None
    outcome: Outcome = "heard"
    answer: str = ""

    @property
    def queue(self) -> str:
        """What it is in order with: its issue, pull request or thread; in a Slack channel outside
        threads, what the same person said there."""
        place = self.place
        # Said to all outside a thread, it is the first message of its own.
        outside = not place.thread or (place.public and place.thread == place.message)
        if place.issue is None and place.channel and outside:
            return f"slack:{place.channel}:{self.person.slack_team}/{self.person.slack_user}"
        return place.name

    @property
    def turn(self) -> str:
        """Its place in the queue: sorts by when it was said, in one second by comment and line."""
        said = (self.said_at or self.heard_at).timestamp()
        return f"{said:020.6f}|{self.place.comment or 0:020}|{self.index:03}|{self.id}"


class Commands(Store):
    """Utterances of every project, until they have ended and for the record after. Only who holds
    the lease of a queue writes how its commands stand."""

    async def hear(self, said: Utterance) -> bool:
        """Write it down, in its turn; False when it was heard before."""
        p = said.project
        mine = [keys.commands(p), keys.heard(p), keys.queue(p, said.queue)]
        arguments = [said.id, self._shut(said), said.heard_at.timestamp(), said.turn]
        return bool(await self._scripts.run("hear", mine, arguments))

    async def get(self, project: int, command: str) -> Utterance | None:
        """One utterance."""
        return await self._one(keys.commands(project), command, Utterance)

    async def queued(self, project: int, queue: str) -> list[str]:
        """The commands of a queue that have not been answered, in its order."""
        turns = await self._redis.zrange(keys.queue(project, queue), 0, -1)
        return [text(turn).rpartition("|")[2] for turn in turns]

    async def line_up(self, said: Utterance) -> None:
        """Put it back into its queue, where that was lost."""
        await self._redis.zadd(keys.queue(said.project, said.queue), {said.turn: 0})

    async def leave(self, said: Utterance) -> None:
        """It was answered: the next of its queue may be obeyed."""
        await self._redis.zrem(keys.queue(said.project, said.queue), said.turn)

    async def write(self, said: Utterance, *, lease: str, token: str) -> None:
        """How it stands. Only the holder of its queue's lease may: raises LeaseLost otherwise."""
        arguments = [token, said.id, self._shut(said)]
        if not await self._scripts.run(
            "set_as_holder", [lease, keys.commands(said.project)], arguments
        ):
            raise LeaseLost(lease)

    async def end(self, said: Utterance) -> None:
        """Nothing is left to do about it."""
        await self._redis.zrem(keys.heard(said.project), said.id)

    async def overdue(self, project: int, before: float) -> list[str]:
        """Commands heard before a second that have not ended, oldest first; a thousand at most."""
        found = await self._redis.zrange(
            keys.heard(project), "-inf", before, byscore=True, offset=0, num=1_000
        )
        return [text(value) for value in found]

    async def waiting(self, project: int, before: float) -> list[Utterance]:
        """The same, as what was said, without what was answered already."""
        names = await self.overdue(project, before)
        found = await self._some(keys.commands(project), names, Utterance)
        return [said for said in found if said.outcome == "heard"]

    async def forget(self, project: int, mine: Callable[[Person], bool]) -> int:
        """What these people said, once it has ended; how much that was."""
        gone = 0
        async for name, row in self._redis.hscan_iter(keys.commands(project)):
            said = Utterance.read(self._seal.open(row))
            if said.outcome != "heard" and mine(said.person):
                gone += await self._redis.hdel(keys.commands(project), text(name))
        return gone

    async def failed(self, project: int, since: datetime) -> list[Utterance]:
        """What was heard since and came to nothing, or to an answer that could not be said."""
        found = await self._all(keys.commands(project), Utterance)
        return [said for said in found if said.outcome == "failed" and said.heard_at >= since]
