"""Events where GitHub has no way in to us: what it could not deliver is fetched.

The app's webhook then leads nowhere (``bot.github.manifest.UNREACHABLE``): GitHub keeps each event
for three days as a delivery that failed, and shows it whole to nobody but the app.
https://docs.github.com/en/rest/apps/webhooks#get-a-delivery-for-an-app-webhook
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta

from redis.exceptions import RedisError

from bot.context import Context
from bot.domain.errors import BadPayload, Rejected, SoulcasterError
from bot.github.app import DELIVERIES_KEPT
from bot.github.manifest import UNREACHABLE
from bot.log import log
from bot.storage.inbox import Delivery
from bot.storage.leases import LeaseLost
from handlers.github import webhook

EVERY_SECONDS = 5.0
# What is under way stands in no list yet.
OVERLAP = timedelta(minutes=2)
MARK = "fetched deliveries"

Store = Callable[[Delivery], Awaitable[None]]


class Fetching:
    """One web process's; of several one fetches at a time."""

    def __init__(self, ctx: Context, store: Store) -> None:
        self._ctx = ctx
        self._store = store
        # What is seen twice all the same has taken effect: the inbox knows it.
        self._seen: deque[int] = deque(maxlen=2_000)

    async def run(self) -> None:
        """For ever; at once over where GitHub reaches us, or there is no app."""
        connected = bool(self._ctx.settings.github_app_id)
        while True:
            try:
                if not connected or await self._ctx.github.hook() != UNREACHABLE:
                    return
                async with self._ctx.leases.hold("fetching") as token:
                    while token:
                        await self.fetch()
                        await asyncio.sleep(EVERY_SECONDS)
            except (SoulcasterError, RedisError, LeaseLost) as error:
                log.warning("GitHub's events could not be fetched", why=str(error))
            await asyncio.sleep(EVERY_SECONDS)

    async def fetch(self) -> int:
        """Store what came since the last time, oldest first; how many."""
        ctx, now = self._ctx, self._ctx.now()
        mark = await ctx.marks.get(MARK)
        since = max(now - DELIVERIES_KEPT, mark - OVERLAP) if mark else now - DELIVERIES_KEPT
        new = [
            int(one["id"])
            async for one in ctx.github.deliveries(since, status="failure")
            if int(one["id"]) not in self._seen
        ]
        for number in reversed(new):
            try:
                sent = await ctx.github.delivery(number)
                headers = {name.lower(): value for name, value in (sent["headers"] or {}).items()}
                body = json.dumps(sent["payload"]).encode()
                delivery = webhook.read(headers, body, time.time())
            except (Rejected, BadPayload) as error:
                log.warning("a delivery cannot be read", delivery=number, why=str(error))
                delivery = None
            if delivery:
                await self._store(delivery)
            self._seen.append(number)
        await ctx.marks.put(MARK, now)
        return len(new)
