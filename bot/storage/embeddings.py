"""Which embedder a project's workers agree on, and how far the vectors of each have come."""

from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis

from bot.storage import keys
from bot.storage.scripts import Scripts
from bot.storage.text import text

# How long an embedder is waited for after the last sign of a worker that has it: on another
# machine, which may be down, and on this one, where who does not ask any more was replaced.
AWAY_SECONDS = 3600
REPLACED_SECONDS = 150


class Embedded(BaseModel):
    """``done`` of ``total`` items, all up to number ``through``, have a vector of an embedder.

    ``whole``: every item that was in a cluster then; those that came later got theirs at once."""

    model_config = ConfigDict(frozen=True)

    through: int = 0
    done: int = 0
    total: int = 0
    whole: bool = False


class Embeddings:
    """The embedders of every project. ``machine`` tells this one from others."""

    def __init__(self, redis: Redis, scripts: Scripts, machine: str) -> None:
        self._redis, self._scripts, self._machine = redis, scripts, machine

    async def agree(self, project: int, embedder: str) -> str:
        """Offer an embedder; the one that all use, which may be another."""
        return text(
            await self._scripts.run(
                "agree",
                [keys.embedder(project), keys.embedders()],
                [embedder, self._machine, AWAY_SECONDS, REPLACED_SECONDS],
            )
        )

    async def agreed(self, project: int) -> str:
        """The one that all use; "" before the first."""
        return text(await self._redis.get(keys.embedder(project)))

    async def all(self, project: int) -> dict[str, Embedded]:
        """By embedder id: each one that the project may have vectors of."""
        found = await self._redis.hgetall(keys.embeddings(project))
        return {text(name): Embedded.model_validate_json(value) for name, value in found.items()}

    async def of(self, project: int, embedder: str) -> Embedded:
        """How far one embedder has come."""
        return (await self.all(project)).get(embedder, Embedded())

    async def note(self, project: int, embedder: str) -> None:
        """The project is about to have vectors of it."""
        nothing = Embedded().model_dump_json()
        await self._redis.hsetnx(keys.embeddings(project), embedder, nothing)

    async def put(self, project: int, embedder: str, so_far: Embedded) -> None:
        """It has come this far."""
        await self._redis.hset(keys.embeddings(project), embedder, so_far.model_dump_json())

    async def forget(self, project: int, embedder: str) -> None:
        """There are no vectors of it any more."""
        await self._redis.hdel(keys.embeddings(project), embedder)

    async def under_way(self, project: int) -> str:
        """One line while items are embedded again; "" while none are."""
        for embedder, so_far in (await self.all(project)).items():
            if so_far.total and not so_far.whole:
                return f"re-embedding {so_far.done:,} of {so_far.total:,} items for {embedder}"
        return ""
