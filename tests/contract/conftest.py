"""A real Redis server for every test that stores something."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.context import Context, open_context
from bot.settings import Settings
from bot.storage.embedded import EmbeddedRedis


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The embedded server, as the product starts it."""
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
async def ctx(redis_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    """A context on an empty database."""
    settings = Settings(
        redis_url=redis_url,
        soulcaster_data_dir=tmp_path,
        soulcaster_embedder="hashing",
        soulcaster_lease_seconds=1,
        github_webhook_secret="s3cret",
    )
    async with open_context(settings) as context:
        await context.redis.flushdb()
        yield context


@pytest.fixture
async def redis(ctx: Context) -> Redis:
    """Its connection."""
    return ctx.redis
