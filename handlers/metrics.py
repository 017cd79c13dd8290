"""``/metrics`` for Prometheus: what this web process counted, and how the whole stack stands.

The second is read from Redis as it is asked for; what that costs does not grow with what is there.
No label names a repository, a person or an installation.
https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from redis.exceptions import RedisError

from bot.context import Context
from bot.jobs import QUEUES
from bot.sources.proof import by_token
from bot.storage.breakers import SERVICES
from bot.storage.inbox import Delivery
from handlers.doors.doors import Doors

# Of the projects with jobs in a lane, those are looked at that wait longest for their turn.
PROJECTS = 200


class Metrics:
    """The counters of one web process, and how it reads the rest."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._read: list[Metric] = []
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        words = "Deliveries that this process made durable, by the job that hears them"
        self._stored = Counter("soulcaster_deliveries", words, ["hearer"], registry=self._registry)
        words = "Requests that this process refused, by kind"
        self._refused = Counter("soulcaster_refusals", words, ["kind"], registry=self._registry)

    def stored(self, delivery: Delivery) -> None:
        """A delivery was made durable."""
        self._stored.labels(delivery.kind).inc()

    def refused(self, error: BaseException) -> None:
        """A request was answered with an error."""
        self._refused.labels(type(error).__name__).inc()

    def collect(self) -> Iterable[Metric]:
        """What Prometheus' registry asks for: what was read last."""
        return self._read

    def add_route(self, app: web.Application, doors: Doors) -> None:
        """Open to who shows SOULCASTER_METRICS_TOKEN; to nobody where there is none."""
        token = self._ctx.settings.soulcaster_metrics_token.get_secret_value()

        async def handle(request: web.Request) -> web.Response:
            with doors.bodies.room(request, 0) as room:
                await doors.prove(
                    request, room, "metrics", lambda: by_token(request.headers, token)
                )
            try:
                self._read = [each async for each in _standing(self._ctx)]
            except RedisError as error:
                self._ctx.outage.began(error)
                self._read = [_gauge("redis_up", "Whether Redis answers", 0)]
            told = await asyncio.to_thread(generate_latest, self._registry)
            return web.Response(body=told, headers={"Content-Type": CONTENT_TYPE_LATEST})

        app.router.add_get("/metrics", handle)


async def _standing(ctx: Context) -> AsyncIterator[Metric]:
    lanes = [lane for queue in QUEUES.values() for lane in queue]
    late = {lane: (await ctx.jobs.late(lane, projects=PROJECTS))[1] for lane in lanes}
    backlog = {lane: await ctx.jobs.pending(lane) for lane in lanes}
    parked = {lane: await ctx.jobs.given_up(lane) for lane in lanes}
    memory = await ctx.redis.info("memory")
    failing = await ctx.breakers.open()
    looked = await ctx.alarms.looked()
    yield _gauge("redis_up", "Whether Redis answers", 1)
    yield _gauge("redis_used_bytes", "Memory that Redis uses", memory["used_memory"])
    yield _gauge("redis_ceiling_bytes", "Its maxmemory; 0: none", memory.get("maxmemory", 0))
    words = "For how long the job that waits longest has been due, held by no worker"
    yield _gauge("queue_age_seconds", words, lane=late)
    yield _gauge("backlog_jobs", "Jobs that have not ended, due or not", lane=backlog)
    yield _gauge("parked_jobs", "Jobs that were given up", lane=parked)
    broken = {service: service in failing for service in SERVICES}
    yield _gauge("breaker_open", "Whether a service is not called, as it failed", service=broken)
    if looked:
        words = "Since the clock looked last: without one, nothing is woken in time"
        yield _gauge("clock_age_seconds", words, ctx.now().timestamp() - looked["at"])
        words = "Share left of what GitHub takes, of the installation with the least"
        yield _gauge("github_left_ratio", words, looked["left"])
    words = "Things that the operator was told of, and that are not over"
    yield _gauge("alarms", words, len(await ctx.alarms.told()))
    words = "Deliveries that were never heard, by why"
    yield _counter("unheard", words, why=await ctx.inbox.unread())
    yield _counter("fixes", "Fix runs that ended, by verdict", verdict=await ctx.runs.verdicts())


def _gauge(name: str, words: str, value: float | None = None, **by: Mapping[Any, float]) -> Metric:
    made = GaugeMetricFamily(f"soulcaster_{name}", words, value, labels=list(by) or None)
    for of, each in [pair for values in by.values() for pair in values.items()]:
        made.add_metric([of], each)
    return made


def _counter(name: str, words: str, **by: Mapping[Any, float]) -> Metric:
    made = CounterMetricFamily(f"soulcaster_{name}", words, labels=list(by))
    for of, each in [pair for values in by.values() for pair in values.items()]:
        made.add_metric([of], each)
    return made
