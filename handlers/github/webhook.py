"""GitHub's events: by its webhook, proven and checked, or fetched where it has no way in to us.
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from pydantic import BaseModel, ValidationError
from redis.exceptions import RedisError

from bot.context import Context
from bot.domain.errors import BadPayload, Rejected, SoulcasterError
from bot.github.app import DELIVERIES_KEPT
from bot.github.events import HEARD, NOTHING, effect_of
from bot.github.manifest import UNREACHABLE
from bot.log import log, logged
from bot.storage.inbox import Delivery
from bot.storage.leases import LeaseLost
from workers import jobs

# GitHub's own cap: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
MAX_BODY = 25 * 1024 * 1024
EVENTS = frozenset(HEARD)
# What people say: it waits behind no backlog of machines.
_SAID = frozenset({"issue_comment", "pull_request_review", "pull_request_review_comment"})


class _Id(BaseModel):
    id: int


class _Envelope(BaseModel):
    """The little of a payload that we must be able to rely on."""

    action: str = ""
    installation: _Id | None = None
    repository: _Id | None = None


def read(headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery | None:
    """The delivery of a proven body, or None for what has no effect. Raises BadPayload."""
    event = headers.get("x-github-event", "")
    guid = headers.get("x-github-delivery", "")
    if not event or not guid:
        raise BadPayload("X-GitHub-Event and X-GitHub-Delivery are needed.")
    try:
        envelope = _Envelope.model_validate_json(body)
    except ValidationError as error:
        raise BadPayload(f"This is no webhook payload: {error.errors()[0]['msg']}.") from error
    if effect_of(event, envelope.action).startswith(NOTHING):
        return None
    meta = {"event": event, "guid": guid, "action": envelope.action}
    return Delivery(
        jobs.hear_github.name,
        meta,
        body,
        received_at,
        tenant=envelope.repository.id if envelope.repository else 0,
        lane="people" if event in _SAID else "work",
    )


EVERY_SECONDS = 5.0
# What is under way stands in no list yet.
OVERLAP = timedelta(minutes=2)
MARK = "fetched deliveries"

Store = Callable[[Delivery], Awaitable[None]]


class Fetching:
    """One web process's; of several one fetches at a time."""

    def __init__(self, ctx: Context, store: Store) -> None:
        self._ctx, self._store = ctx, store
        # What is seen twice all the same has taken effect: the inbox knows it.
        self._seen: deque[int] = deque(maxlen=2_000)

    async def run(self) -> None:
        """For ever; at once over where GitHub reaches us, or there is no app."""
        connected = bool(self._ctx.settings.github_app_id)
        while True:
            with logged(
                "GitHub's events could not be fetched", SoulcasterError, RedisError, LeaseLost
            ):
                if not connected or await self._ctx.github.hook() != UNREACHABLE:
                    return
                async with self._ctx.leases.hold("fetching") as token:
                    while token:
                        await self.fetch()
                        await asyncio.sleep(EVERY_SECONDS)
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
                delivery = read(headers, body, time.time())
            except (Rejected, BadPayload) as error:
                log.warning("a delivery cannot be read", delivery=number, why=str(error))
                delivery = None
            if delivery:
                await self._store(delivery)
            self._seen.append(number)
        await ctx.marks.put(MARK, now)
        return len(new)
