"""``/metrics`` for Prometheus: what this web process counted, and how the whole stack stands. The
second is read from Redis as it is asked for; what that costs does not grow with what is there. No
label names a repository, a person or an installation.
https://prometheus.io/docs/practices/naming/"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from redis.exceptions import RedisError

from bot.context import Context
from bot.jobs import LANES
from bot.sources.proof import by_token
from bot.storage.breakers import SERVICES
from bot.storage.inbox import Delivery
from handlers.doors.doors import Doors
from workers.upkeep.alarms import LOOKED

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

    def refused(self, status: HTTPStatus) -> None:
        """A request was answered with an error."""
        self._refused.labels(f"{status:d} {status.phrase}").inc()

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
                self._read = [_family("redis_up", "Whether Redis answers", {"": 0})]
            told = await asyncio.to_thread(generate_latest, self._registry)
            return web.Response(body=told, headers={"Content-Type": CONTENT_TYPE_LATEST})

        app.router.add_get("/metrics", handle)


async def _standing(ctx: Context) -> AsyncIterator[Metric]:
    jobs, failing, looked = ctx.jobs, await ctx.breakers.open(), await ctx.marks.get(LOOKED)
    yield _family("redis_up", "Whether Redis answers", {"": 1})
    late = {lane: seconds for lane, (_, seconds) in (await jobs.late(projects=PROJECTS)).items()}
    yield _family(
        "queue_age_seconds", "Since when a job is due and held by no worker", late, "lane"
    )
    backlog = {lane: await jobs.pending(lane) for lane in LANES}
    yield _family("backlog_jobs", "Jobs that have not ended, due or not", backlog, "lane")
    parked = {lane: await jobs.given_up(lane) for lane in LANES}
    yield _family("parked_jobs", "Jobs that were given up", parked, "lane")
    broken = {service: service in failing for service in SERVICES}
    yield _family("breaker_open", "Whether a service is not called, as it fails", broken, "service")
    age = {"": (ctx.now() - looked).total_seconds()} if looked else {}
    yield _family("clock_age_seconds", "Since the clock looked last", age)
    of = {one.installation for one in await ctx.projects.sample() if ctx.settings.github_app_id}
    left = {"": min([await ctx.github.budget(each).left() for each in of], default=1)}
    yield _family("github_left_ratio", "Least share left of what GitHub takes", left)
    words = "Things that the operator was told of, and that are not over"
    yield _family("alarms", words, {"": len(await ctx.marks.told())})
    unheard, fixes = await ctx.inbox.unread(), await ctx.runs.verdicts()
    yield _family("unheard", "Deliveries never heard", unheard, "why", CounterMetricFamily)
    yield _family("fixes", "Fix runs that ended", fixes, "verdict", CounterMetricFamily)


def _family(
    name: str,
    words: str,
    values: Mapping[Any, float],
    label: str = "",
    kind: Any = GaugeMetricFamily,
) -> Metric:
    made: Metric = kind(f"soulcaster_{name}", words, labels=[label] if label else [])
    for of, value in values.items():
        made.add_metric([of] if label else [], value)  # type: ignore[attr-defined]
    return made
