"""``soulcaster backup``, ``restore``, ``reset`` and ``rotate-key``: of all that is stored."""

import asyncio
import gzip
import os
import shutil
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from bot.context import Context, open_context
from bot.domain.errors import ConfigError
from bot.settings import Settings
from bot.storage import whole
from bot.storage.vault import rotate
from handlers.shell_commands import settings_here

app = typer.Typer()
Yes = Annotated[bool, typer.Option("--yes", help="Over what is stored; it can't be undone")]


def _do(work: Callable[[Context], Awaitable[str]], *, alone: bool = True) -> None:
    """Print what ``work`` says. ``alone`` it holds the clock's lease: nothing else runs there."""

    async def run() -> str:
        async with (
            open_context(settings_here(), chosen=False) as ctx,
            ctx.leases.hold("clock" * alone or "data") as held,
        ):
            if not held:
                raise ConfigError("Soulcaster runs there, or another such command: end it first.")
            if alone and (alive := await ctx.processes.alive()):
                raise ConfigError(
                    f"Soulcaster runs there: end {', '.join(alive)} first; one that was killed is "
                    "taken to run for a minute."
                )
            return await work(ctx)

    try:
        typer.echo(asyncio.run(run()))
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(f"That file cannot be used: {error}") from error


@app.command()
def backup(file: Path) -> None:
    """Write all that Redis holds into a new file; while it runs, each key for itself."""

    async def run(ctx: Context) -> str:
        made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "wb") as raw, gzip.open(raw, "wb", compresslevel=1) as out:
            count = await whole.write(ctx.redis, ctx.fernet, out)
        return (
            f"{count:,} keys. The vault key that opens what is sealed is not in it: keep it, too."
        )

    _do(run, alone=False)


@app.command()
def restore(file: Path, yes: Yes = False) -> None:
    """Put a backup into an empty Redis; where that ended early, say it again with --yes."""

    async def run(ctx: Context) -> str:
        if not yes and (await ctx.projects.all() or await ctx.projects.removed()):
            raise ConfigError("Projects are stored there already: --yes puts it over them.")
        with gzip.open(file) as source:
            return f"{await whole.read(ctx.redis, ctx.fernet, source):,} keys were restored."

    _do(run)


@app.command()
def reset(yes: Yes = False) -> None:
    """Erase all, for who develops: the Redis in the data folder, and what waits beside it."""

    async def run(ctx: Context) -> str:
        if not yes or ctx.settings.redis_url:
            raise ConfigError("It wants --yes, and empties only a Redis in the data folder.")
        await ctx.redis.flushdb()
        shutil.rmtree(ctx.settings.soulcaster_data_dir / "vectors", ignore_errors=True)
        for waiting in ctx.settings.soulcaster_data_dir.glob("spool.db*"):
            waiting.unlink()
        return "Nothing is stored any more."

    _do(run)


@app.command()
def rotate_key() -> None:
    """Seal all anew with the newest vault key; may be ended, and said again to go on."""
    settings = Settings.load()
    ours = not settings.soulcaster_vault_keys.get_secret_value()

    async def run(ctx: Context) -> str:
        if ours:
            rotate(settings.soulcaster_data_dir, end=False)
        await ctx.seal.check(ctx.redis)
        renewed = 0
        while (done := await whole.renew(ctx.redis, ctx.scripts, ctx.fernet))["renewed"]:
            renewed += done["renewed"]
        await whole.leave_old_keys(ctx.redis, ctx.fernet)
        if ours:
            rotate(settings.soulcaster_data_dir, end=True)
        shut = f" {done['shut']:,} were sealed with keys that are not here." if done["shut"] else ""
        now = "only the newest key is needed now. Earlier backups need the old one: make a new one."
        return f"{renewed:,} were sealed anew: {now}{shut}"

    _do(run, alone=ours)
