"""``soulcaster e2b build``: the template that sandboxes at E2B are made from."""

from __future__ import annotations

import asyncio

import typer

from bot import log as logs
from bot.domain.errors import ConfigError
from bot.settings import Settings
from handlers.begin import begin

app = typer.Typer(help="The template of sandboxes at E2B.", no_args_is_help=True)


@app.command()
def build() -> None:
    """Build E2B's template with what fixes need: Python, git, compilers, Node, uv."""

    async def run() -> str:
        settings = Settings.load()
        logs.configure(settings.soulcaster_log)
        async with begin(settings) as ctx:
            if not (key := ctx.settings.e2b_api_key.get_secret_value()):
                raise ConfigError(
                    "E2B_API_KEY is not set: make a key at https://e2b.dev/dashboard?tab=keys, "
                    "put it into .env or the setup page, and say this again."
                )
            from bot.adapters.sandboxes.e2b_template import build as build_template

            return await build_template(key, ctx.settings.e2b_api_url, typer.echo)

    typer.echo(f"Built. To use it, set SOULCASTER_E2B_TEMPLATE={asyncio.run(run())}.")
