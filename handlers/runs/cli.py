"""``soulcaster logs F-7 --follow``: a run's log in the shell, as it comes."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bot.domain.commands.references import RunRef
from bot.domain.errors import NotUnderstood
from bot.settings import Settings

app = typer.Typer()


@app.command()
def logs(
    run: Annotated[str, typer.Argument(help="F-7")],
    project: Annotated[str, typer.Option(help="owner/repo; needed with several projects")] = "",
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the run has ended")] = False,
) -> None:
    """Print a fix run's log, and what comes while it runs."""
    if (ref := RunRef.read(run)) is None:
        raise NotUnderstood(f"{run!r} is no fix run. Example: soulcaster logs F-7 --follow")
    asyncio.run(_print(ref.number, project, follow=follow))


async def _print(number: int, project: str, *, follow: bool) -> None:
    from handlers.begin import begin
    from handlers.shell import project_of

    async with begin(Settings.load()) as ctx:
        at, last = (await project_of(ctx, project)).id, 0
        while True:
            run = await ctx.runs.get(at, number)  # before its log: no line comes after its end
            for number_of, line in await ctx.runs.log_after(at, number, last):
                typer.echo(line)
                last = number_of
            if run.ended or not follow:
                break
            await asyncio.sleep(1)
        if run.ended:
            typer.echo(": ".join(filter(None, (run.name, run.verdict or run.state, run.reason))))
