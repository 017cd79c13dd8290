"""How a command begins: with the keys in use there, or with one line that says what to set."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from redis.exceptions import RedisError

from bot.context import Context, open_context
from bot.log import log
from bot.settings import Settings

# How long a process that can do without Redis for now waits for it, in seconds.
PATIENCE = 5


@asynccontextmanager
async def begin(settings: Settings, *, waits: bool = False) -> AsyncIterator[Context]:
    """A context for one command; ``waits`` for one that goes on while Redis is away. Raises
    ConfigError where Redis is in use with other keys than ours: now, or, where it is away, from
    ``Outage.over``, before anything is done with what is there."""
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


async def serve(settings: Settings, kind: str, work: Callable[[Context], Awaitable[None]]) -> None:
    """``work`` for as long as it goes on; it ends in order and begins anew when a setting is chosen
    on the setup page. ``kind`` is what the Procfile calls it."""
    while True:
        async with begin(settings, waits=True) as ctx:
            working = asyncio.ensure_future(work(ctx))
            changed = asyncio.create_task(ctx.setup.changed())
            shown = asyncio.create_task(ctx.processes.show(kind))
            try:
                await asyncio.wait((working, changed), return_when=asyncio.FIRST_COMPLETED)
            finally:
                again = changed.done() and not working.done()
                for task in (changed, working, shown):
                    task.cancel()
                await asyncio.gather(changed, working, shown, return_exceptions=True)
            if not again:
                return await working
            log.info("settings were chosen: beginning anew")


async def setup_address(ctx: Context) -> str:
    """Where the setup page is, with a code that makes one browser its owner's. Behind a platform's
    proxy a port of ours is no address, and the platform has not told us its own."""
    local = f"http://localhost:{ctx.settings.port}"
    behind = "https://YOUR-ADDRESS" if ctx.settings.soulcaster_proxies else local
    here = ctx.settings.soulcaster_public_url or behind
    return f"{here}/setup?code={await ctx.setup.code(ctx.now())}"


async def tell_setup_address(ctx: Context) -> None:
    """Say it in the log where the page is nobody's; while Redis is away nobody can tell that."""
    while True:
        await ctx.outage.wait()
        try:
            if not await ctx.setup.claimed():
                log.info(f"set it up here; the code works once: {await setup_address(ctx)}")
            return
        except (RedisError, OSError) as error:
            ctx.outage.began(error)
