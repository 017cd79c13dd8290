"""Two machines on one Redis: each with a data folder of its own, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from test_source_secrets import SHELL, SHOP, say

from bot.context import Context, open_context
from bot.render import render_markdown
from bot.settings import Settings
from bot.storage import keys
from bot.storage.vault import Vault, open_vault
from handlers import doctor
from workers import jobs
from workers.clusters import evidence

P = SHOP.id
KEY = Fernet.generate_key().decode()


@asynccontextmanager
async def machine(url: str, folder: Path, **more: object) -> AsyncIterator[Context]:
    settings = Settings(
        redis_url=url,
        soulcaster_data_dir=folder,
        soulcaster_embedder="hashing",
        soulcaster_vault_keys=KEY,
        **more,
    )
    async with open_context(settings) as ctx:
        yield ctx


@pytest.fixture
async def two(redis_url: str, tmp_path: Path) -> AsyncIterator[tuple[Context, Context]]:
    jobs.load()
    async with AsyncExitStack() as stack:
        made = [
            await stack.enter_async_context(machine(redis_url, tmp_path / name)) for name in "ab"
        ]
        await made[0].redis.flushdb()
        await made[0].projects.put(SHOP)
        evidence._memories.clear()
        yield made[0], made[1]


async def test_a_door_of_other_keys_breaks_no_list(
    two: tuple[Context, Context], tmp_path: Path
) -> None:
    one, _ = two
    foreign = Vault(one.redis, open_vault("", tmp_path / "elsewhere"))
    ours = await one.vault.open_hook(P, "datadog")
    theirs = await foreign.open_hook(P, "sentry")
    await foreign.open_hook(P + 1, "reddit")
    await one.redis.hset(
        keys.hooks(), "old", (await one.redis.hget(keys.hooks(), theirs.id)).split()[-1]
    )
    answer, how = await say(one, "source list", SHELL)
    words = render_markdown(answer.card)
    assert how == "done"
    assert ours.id in words
    assert f"{theirs.id}`, unreadable" in words
    assert "say `source rotate sentry`" in words
    assert "reddit" not in words
    row = await doctor._vault(one)
    assert (row.ok, "2 doors" in row.found) == (False, True), row
    _, how = await say(one, "source rotate sentry", SHELL)
    assert how == "done"
    assert all(hook.secret for hook in await one.vault.hooks(P))
