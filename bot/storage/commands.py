"""What people said, and how each command ended."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime
from redis.asyncio import Redis

from bot.domain.models import Person, Place, Worded
from bot.storage import keys
from bot.storage.scripts import Scripts
from bot.storage.seal import Seal
from bot.storage.text import text

Outcome = Literal["heard", "done", "refused", "failed"]


class Utterance(Worded):
    """One command line as it was said. ``id`` is the same however often it is delivered.

    ``after`` is the command of the line above it, which is obeyed first. ``said_at`` is by the
    clock of the place, where that tells it.
    """

    id: str
    project: int
    line: str
    person: Person
    place: Place
    heard_at: AwareDatetime
    said_at: AwareDatetime | None = None
    after: str = ""
    outcome: Outcome = "heard"
    answer: str = ""


class Commands:
    """Utterances of every project, until they have ended and for the record after."""

    def __init__(self, redis: Redis, scripts: Scripts, seal: Seal) -> None:
        self._redis = redis
        self._scripts = scripts
        self._seal = seal

    async def hear(self, said: Utterance) -> bool:
        """Write it down; False when it was heard before."""
        new = await self._scripts.run(
            "hear",
            [keys.commands(said.project), keys.heard(said.project)],
            [said.id, self._seal.shut(said.model_dump_json()), said.heard_at.timestamp()],
        )
        return bool(new)

    async def get(self, project: int, command: str) -> Utterance | None:
        """One utterance."""
        found = text(await self._redis.hget(keys.commands(project), command))
        return Utterance.read(self._seal.open(found)) if found else None

    async def end(self, said: Utterance, outcome: Outcome, answer: str) -> None:
        """It ended; the answer's first line is kept."""
        ended = said.model_copy(update={"outcome": outcome, "answer": answer[:500]})
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(
                keys.commands(said.project), said.id, self._seal.shut(ended.model_dump_json())
            )
            pipe.zrem(keys.heard(said.project), said.id)
            await pipe.execute()

    async def overdue(self, project: int, before: float) -> list[str]:
        """Commands heard before a second that have not ended."""
        found = await self._redis.zrange(
            keys.heard(project), "-inf", before, byscore=True, offset=0, num=100
        )
        return [text(value) for value in found]
