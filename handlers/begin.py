"""How a command begins: with the keys in use there, or with one line that says what to set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.context import Context, open_context
from bot.log import log
from bot.settings import Settings

# How long a process that can do without Redis for now waits for it, in seconds.
PATIENCE = 5


@asynccontextmanager
async def begin(settings: Settings, *, waits: bool = False) -> AsyncIterator[Context]:
    """A context for one command; ``waits`` for one that goes on while Redis is away.

    Raises ConfigError where Redis is in use with other keys than ours: now, or, where it is away,
    from ``Outage.over``, before anything is done with what is there.
    """
    async with open_context(settings) as ctx:
        if waits:
            await ctx.outage.over(within=PATIENCE)
        else:
            await ctx.seal.check(ctx.redis)
        if settings.redis_url and not ctx.seal.on:
            log.warning(
                "no SOULCASTER_VAULT_KEYS: other machines cannot work with this Redis, and words "
                "in it are not sealed; set it to the line in this vault.key, the same everywhere",
                vault=str(settings.soulcaster_data_dir.absolute() / "vault.key"),
            )
        yield ctx
