"""A real Redis server for every test that stores something."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import live_summary
import pytest
import stamina
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis
from stamina.instrumentation import set_on_retry_hooks

from bot.context import Context, open_context
from bot.settings import Settings
from bot.simulators.github import Limits
from bot.storage.embedded import EmbeddedRedis
from handlers.demo.stage import ADMIN, Stage, open_stage
from workers.intake import sync


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What `make live` did."""
    if terminalreporter.config.getoption("--live"):
        live_summary.say(terminalreporter)


Serve = Callable[..., Awaitable[TestServer]]


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The embedded server, as the product starts it."""
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(autouse=True, scope="session")
def _retries_are_counted_and_not_waited_for(request: pytest.FixtureRequest) -> Iterator[None]:
    with stamina.set_testing(not request.config.getoption("--live"), attempts=10, cap=True):
        yield


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """``await serve(app)`` serves an aiohttp application on loopback until the test ends."""
    async with AsyncExitStack() as stack:

        async def start(app: web.Application, *, port: int | None = None) -> TestServer:
            server = TestServer(app, port=port)
            await server.start_server(shutdown_timeout=0.1)
            stack.push_async_callback(server.close)
            return server

        yield start


@pytest.fixture
def waits() -> Iterator[list[float]]:
    """For how many seconds each retry waited; here they do wait."""
    seconds: list[float] = []
    set_on_retry_hooks([lambda retry: seconds.append(retry.wait_for)])
    with stamina.set_testing(False):
        yield seconds
    set_on_retry_hooks(None)


@pytest.fixture
async def ctx(redis_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    """A context on an empty database."""
    settings = Settings(
        redis_url=redis_url,
        soulcaster_data_dir=tmp_path,
        soulcaster_embedder="hashing",
        soulcaster_lease_seconds=3,
        github_webhook_secret="s3cret",
    )
    async with open_context(settings) as context:
        await context.redis.flushdb()
        yield context


@pytest.fixture
async def other(ctx: Context, redis_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    """Another process on the same Redis."""
    settings = Settings(redis_url=redis_url, soulcaster_data_dir=tmp_path / "other")
    async with open_context(settings) as made:
        yield made


@pytest.fixture
async def redis(ctx: Context) -> Redis:
    """Its connection."""
    return ctx.redis


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The two simulators and our context with the app installed; none of our processes."""
    async with open_stage(
        tmp_path, processes=False, limits=Limits.none(), SOULCASTER_CALLS="1000 1000 1000"
    ) as made:
        installed = made.github.install("acme", repositories=[made.repository], sender=ADMIN)
        await sync.sync_installation(made.context, installed.id)
        yield made
