"""A delivery is made durable before its 202: in Redis, or on disk while Redis is away. The first
delivery that Redis does not take in time closes the way to it. From then on all go to the spool,
written in groups, and nobody waits for Redis again; the spool empties into the inbox in their
order, and when the last one is there the way is open."""

import asyncio
import sqlite3
from collections.abc import Sequence

from redis.exceptions import RedisError

from bot.context import Context
from bot.domain.errors import ConfigError, SoulcasterError, Unavailable
from bot.log import log
from bot.storage.inbox import Delivery
from handlers.alerts import UNPROVEN, prove_late

# Sentry drops a hook that is answered after a second; a spooled row that Redis took after all is
# known by its id.
PATIENCE = 0.5
# Rows that go from the spool to the inbox at once.
GROUP = 100
# Between two looks at a Redis that is away, in seconds.
_PAUSE = 0.5


class Storing:
    """The way in of one web process."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        # What an earlier process left in the spool goes first.
        self._detour = True
        self._waiting: list[tuple[Delivery, asyncio.Future[None]]] = []
        self._came = asyncio.Event()
        self._turn = asyncio.Lock()

    async def store(self, delivery: Delivery) -> None:
        """Make it durable. Raises Unavailable when neither Redis nor disk take it."""
        if self._ctx.outage.on:
            self._detour = True
        if not self._detour and delivery.kind != UNPROVEN:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._ctx.inbox.accept(delivery)
            except (RedisError, OSError) as error:
                self._ctx.outage.began(error)
            else:
                self._ctx.jobs.wake("work")
                return
        # What is not proven has to wait until its door can be looked up.
        self._detour = True
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, stored))
        self._came.set()
        await stored

    async def run(self) -> None:
        """Write what waits to disk, and bring it from there to Redis, for ever. Raises ConfigError
        where a Redis that was away is in use with other keys than ours."""
        await asyncio.gather(self._write(), self._bring())

    async def _write(self) -> None:
        while True:
            await self._came.wait()
            async with self._turn:
                self._came.clear()
                group, self._waiting = self._waiting, []
                if group:
                    await self._spool(group)

    async def _spool(self, group: Sequence[tuple[Delivery, asyncio.Future[None]]]) -> None:
        failed: Exception | None = None
        try:
            await self._ctx.spool.put([delivery for delivery, _ in group])
        except (sqlite3.Error, OSError) as error:
            failed = Unavailable("Nothing here can store this now; send it again.")
            failed.__cause__ = error
        for _, stored in group:
            if stored.done():
                continue  # its sender has gone
            if failed:
                stored.set_exception(failed)
            else:
                stored.set_result(None)

    async def _bring(self) -> None:
        outage = self._ctx.outage
        while True:
            try:
                if not outage.on or await outage.over(within=PATIENCE):
                    while self._detour:
                        await self._bring_group()
            except (RedisError, OSError) as error:
                outage.began(error)
            except ConfigError:
                raise
            except (sqlite3.Error, SoulcasterError) as error:
                log.error("the spool does not drain", why=str(error))
            await asyncio.sleep(_PAUSE)

    async def _bring_group(self) -> None:
        if rows := await self._ctx.spool.first(GROUP):
            proven = [await prove_late(self._ctx, delivery) for _, delivery in rows]
            await self._ctx.inbox.accept_all([each for each in proven if each])
            await self._ctx.spool.drop([row for row, _ in rows])
            self._ctx.jobs.wake("work")
            return
        async with self._turn:
            if await self._ctx.spool.first(1):
                return
            # The spool is empty, and nobody writes to it now: who came meanwhile comes next.
            while self._waiting:
                delivery, stored = self._waiting[0]
                async with asyncio.timeout(PATIENCE):
                    if late := await prove_late(self._ctx, delivery):
                        await self._ctx.inbox.accept(late)
                del self._waiting[0]
                if not stored.done():
                    stored.set_result(None)
                self._ctx.jobs.wake("work")
            self._detour = False
