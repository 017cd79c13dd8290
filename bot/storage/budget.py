"""What a service lets us send, shared by all processes: nobody asks it for more, or too soon. Every
request is counted in Redis before it is sent, by Redis's clock. A request of lower priority may use
only a share of each limit, so that some is left for who is more urgent, and nothing while an answer
to a person waits. What is told to wait is not sent, but raises OverBudget, and its job comes back
in time."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum

from bot.domain.errors import OverBudget
from bot.storage import keys
from bot.storage.scripts import Scripts
from bot.storage.text import text

# How long a request is taken to be under way when nobody says how it ended.
UNDER_WAY_SECONDS = 30


class Priority(float, Enum):
    """Who goes first: the share of every limit that a request may use."""

    ANSWER = 1.0
    END = 0.9
    REACTION = 0.8
    TRACKING = 0.7
    PROGRESS = 0.6
    HISTORY = 0.4


_PRIORITY: ContextVar[Priority] = ContextVar("priority", default=Priority.END)


@contextmanager
def at(priority: Priority) -> Iterator[None]:
    """What is sent within is sent at this priority."""
    before = _PRIORITY.set(priority)
    try:
        yield
    finally:
        _PRIORITY.reset(before)


@dataclass(frozen=True, slots=True)
class Limit:
    """``most`` in any ``seconds``."""

    seconds: int
    most: int


class Budget:
    """What ``name`` may send to a service. ``content`` are the limits of what makes content, one
    each; ``points`` of every request. ``under_way`` is how many contents may be at a time (0: any
    number). A wait of up to ``patience`` seconds is waited in place."""

    def __init__(
        self,
        scripts: Scripts,
        service: str,
        name: str,
        *,
        content: Sequence[Limit] = (),
        points: Sequence[Limit] = (),
        under_way: int = 0,
        patience: float = 1,
    ) -> None:
        self._scripts, self._service = scripts, service
        self._keys = [keys.budget(f"{service.lower()}:{name}", part) for part in keys.BUDGET]
        self._content, self._points = content, points
        self._under_way, self._patience = under_way, patience

    @asynccontextmanager
    async def spend(self, *, content: bool, points: int = 1) -> AsyncIterator[str]:
        """Send one request within; its id, for ``told``. Raises OverBudget: it must not be sent."""
        request = secrets.token_hex(6)
        patient = time.monotonic() + self._patience
        while True:
            asked = time.monotonic()
            wait, _, now = await self._ask(request, content, points)
            if not wait:
                break
            if time.monotonic() + wait > patient:
                raise OverBudget(
                    f"{self._service} lets us go on in {wait:.0f} s.", retry_after=wait
                )
            await asyncio.sleep(wait)
        try:
            yield request
        finally:
            if content and self._content:
                # It was counted over there when we asked, when we heard, or between; and from
                # before we asked Redis, whose answer may have waited for us.
                ended = {f"{request}:1": now + time.monotonic() - asked}
                await self._scripts.redis.zadd(self._keys[1], ended, xx=True)

    async def told(self, request: str, seconds: float | None, *, too_many: bool = False) -> float:
        """The service told us to wait; how long, where it did not say. ``too_many``: it refused
        the content, and takes fewer than we thought."""
        args = [request, "" if seconds is None else seconds, int(too_many)]
        return float(text(await self._scripts.run("told", self._keys[:2], args)))

    async def heard(self, left: float, seconds: float) -> None:
        """The service says which share of a limit of its own is left, for so long: half of what a
        request may not use of ours it leaves of that."""
        await self._scripts.redis.set(self._keys[3], left, px=max(1, int(1000 * seconds)))

    async def left(self) -> float:
        """The share that is left of the limit that has the least; 0 while somebody has to wait."""
        return (await self._ask("", True, 1))[1]

    async def _ask(self, request: str, content: bool, points: int) -> tuple[float, float, float]:
        """Seconds to wait (0: it may be sent, and is counted), the share left, and the time."""
        limits: list[int] = []
        for limit in self._content if content else ():
            limits += [2, 1, limit.seconds, limit.most]
        for limit in self._points:
            limits += [3, points, limit.seconds, limit.most]
        under_way = self._under_way if content else 0
        share = _PRIORITY.get().value
        wait, left, now = await self._scripts.run(
            "budget", self._keys, [request, share, under_way, UNDER_WAY_SECONDS, *limits]
        )
        return float(text(wait)), float(text(left)), float(text(now))
