"""What the language model is to be asked, what it was asked today, and what it answered."""

from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

from bot.storage import keys
from bot.storage.leases import LeaseLost
from bot.storage.store import Store
from bot.storage.text import number

Kind = Literal["judge", "summary", "ask", "facts"]
JUDGE: Final = "judge"
SUMMARY: Final = "summary"
ASK: Final = "ask"
FACTS: Final = "facts"


class Waiting(NamedTuple):
    """A report or cluster to ask about; ``since`` tells one request from a later one."""

    number: int
    since: float


class Answers(Store):
    """Questions and answers of every project, by kind and by number of report or cluster."""

    async def want(self, project: int, kind: Kind, about: int, now: float) -> None:
        """Ask about this, too, after everything else that waits."""
        await self._redis.zadd(keys.to_ask(project, kind), {str(about): now})

    async def waiting(self, project: int, kind: Kind, limit: int = 0) -> list[Waiting]:
        """What is to be asked about, the longest waiting first; all of it without a limit."""
        found: Any = await self._redis.zrange(
            keys.to_ask(project, kind), 0, limit - 1, withscores=True
        )
        return [Waiting(number(about), float(since)) for about, since in found]

    async def settle(self, project: int, kind: Kind, what: Waiting) -> None:
        """It was asked about. What was asked for again meanwhile goes on waiting."""
        await self._scripts.run(
            "remove_if_unchanged", [keys.to_ask(project, kind)], [what.number, repr(what.since)]
        )

    async def put(
        self, project: int, kind: Kind, about: int, answer: str, *, lease: str, token: str
    ) -> None:
        """Store an answer. Only the holder of the lease may: raises LeaseLost otherwise."""
        arguments = [token, about, self._seal.shut(answer)]
        if not await self._scripts.run(
            "set_as_holder", [lease, keys.answers(project, kind)], arguments
        ):
            raise LeaseLost(lease)

    async def get(self, project: int, kind: Kind, about: int) -> str:
        """The answer; "" while there is none."""
        return (await self.many(project, kind, [about])).get(about, "")

    async def many(self, project: int, kind: Kind, about: Sequence[int]) -> dict[int, str]:
        """The answers that there are, of some."""
        found = await self._redis.hmget(keys.answers(project, kind), [str(n) for n in about])
        return {n: self._seal.open(kept) for n, kept in zip(about, found, strict=True) if kept}

    async def forget(self, project: int, kind: Kind, about: int) -> None:
        """There is no answer any more."""
        await self._redis.hdel(keys.answers(project, kind), str(about))

    async def spend(self, project: int, kind: Kind, day: str, what: str, cap: int) -> bool:
        """Count a question against the day's cap, once; False when the cap is reached."""
        key = keys.asked(project, kind, day)
        return bool(await self._scripts.run("spend", [key], [what, cap, 100]))

    async def spent(self, project: int, kind: Kind, day: str) -> int:
        """Questions counted on a day (``2026-11-21``)."""
        return int(await self._redis.scard(keys.asked(project, kind, day)))
