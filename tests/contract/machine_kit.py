"""One machine of several on a Redis: its data folder and its vault keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.context import Context, open_context
from bot.settings import Settings


@asynccontextmanager
async def opened(url: str, folder: Path, keys: str, **more: object) -> AsyncIterator[Context]:
    settings = Settings(
        redis_url=url,
        soulcaster_data_dir=folder,
        soulcaster_embedder="hashing",
        soulcaster_vault_keys=keys,
        **more,
    )
    async with open_context(settings) as ctx:
        yield ctx
