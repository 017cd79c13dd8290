"""Sends webhooks to the app, once each, in order per repository, and keeps a record of them.

https://docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp

from bot.simulators.github.records import Json
from bot.simulators.github.world import World

TIMEOUT = 10.0
HOOK_ID = 424_242
_KEPT = 10_000


@dataclass(eq=False, slots=True)
class Delivery:
    """One attempt to deliver; ``duration`` in seconds. A redelivery keeps the ``guid``."""

    id: int
    guid: str
    event: str
    payload: Json
    body: bytes
    installation: int | None
    repository: int | None
    redelivery: bool = False
    delivered_at: datetime | None = None
    duration: float = 0.0
    status: str = "pending"
    status_code: int = 0
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""


class Webhooks:
    """The outbox of this GitHub. ``lose`` is how many of the next deliveries never arrive."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lanes: dict[int, asyncio.Queue[Delivery]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None
        self.deliveries: dict[int, Delivery] = {}
        self._pending = 0
        self.lose = 0

    def put(
        self, event: str, payload: Json, *, installation: int | None, repository: int | None
    ) -> None:
        """Queue a webhook; what it says is fixed now."""
        body = json.dumps(payload, separators=(",", ":")).encode()
        identity, guid = self._world.next_id(), str(uuid.uuid4())
        self._queue(
            Delivery(identity, guid, event, json.loads(body), body, installation, repository)
        )

    def redeliver(self, old: Delivery) -> None:
        """Send the same again."""
        facts = (old.guid, old.event, old.payload, old.body, old.installation, old.repository)
        self._queue(Delivery(self._world.next_id(), *facts, redelivery=True))

    async def start(self) -> None:
        """Begin to send, first what was queued so far."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TIMEOUT), auto_decompress=True
        )
        for lane in self._lanes.values():
            self._tasks.append(asyncio.create_task(self._send_all(lane)))

    async def stop(self) -> None:
        """Stop sending; what is still queued is not sent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._session:
            await self._session.close()
            self._session = None

    async def settle(self) -> None:
        """Wait until everything queued was sent."""
        while self._pending:
            await asyncio.gather(*(lane.join() for lane in self._lanes.values()))

    def sent(self) -> list[Delivery]:
        """Every attempt made so far, newest first."""
        return sorted(
            (one for one in self.deliveries.values() if one.delivered_at),
            key=lambda one: one.id,
            reverse=True,
        )

    def _queue(self, delivery: Delivery) -> None:
        lane = self._lanes.get(delivery.repository or 0)
        if lane is None:
            lane = self._lanes[delivery.repository or 0] = asyncio.Queue()
            if self._session:
                self._tasks.append(asyncio.create_task(self._send_all(lane)))
        lane.put_nowait(delivery)
        self._pending += 1

    async def _send_all(self, lane: asyncio.Queue[Delivery]) -> None:
        while True:
            delivery = await lane.get()
            try:
                await self._send(delivery)
            finally:
                self._pending -= 1
                lane.task_done()

    async def _send(self, delivery: Delivery) -> None:
        assert self._session is not None  # noqa: S101
        app = self._world.app
        delivery.request_headers = self._headers(delivery)
        started = time.monotonic()
        try:
            if self.lose > 0:
                self.lose -= 1
                raise aiohttp.ClientConnectionError("lost on purpose")
            async with self._session.post(
                app.webhook_url,
                data=delivery.body,
                headers=delivery.request_headers,
                allow_redirects=False,
            ) as answer:
                delivery.response_body = (await answer.text(errors="replace"))[:100_000]
                delivery.response_headers = dict(answer.headers)
                delivery.status_code = answer.status
                fine = answer.status < 400
                delivery.status = "OK" if fine else f"Invalid HTTP Response: {answer.status}"
        except TimeoutError:
            delivery.status, delivery.status_code = "timed out", 504
        except (aiohttp.ClientError, OSError):
            delivery.status, delivery.status_code = "failed to connect to host", 502
        delivery.duration = round(time.monotonic() - started, 3)
        delivery.delivered_at = self._world.clock()
        self.deliveries[delivery.id] = delivery
        while len(self.deliveries) > _KEPT:
            del self.deliveries[next(iter(self.deliveries))]
        self._world.changed("delivery")

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        app = self._world.app
        secret = app.webhook_secret.encode()
        return {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/7f3a2c1",
            "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Hook-ID": str(HOOK_ID),
            "X-GitHub-Hook-Installation-Target-ID": str(app.id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature": "sha1=" + hmac.new(secret, delivery.body, hashlib.sha1).hexdigest(),
            "X-Hub-Signature-256": "sha256="
            + hmac.new(secret, delivery.body, hashlib.sha256).hexdigest(),
        }
