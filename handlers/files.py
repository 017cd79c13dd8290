"""``soulcaster files``: a file of this machine as context for a project, and all that chat says."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot import log as logs
from bot.domain.audience import Audience
from bot.domain.memory.shelf import FILE_BYTES
from bot.settings import Settings

app = typer.Typer()


@app.command()
def files(
    words: Annotated[
        list[str] | None, typer.Argument(help="add FILE, or as in chat: list, remove NAME ...")
    ] = None,
    project: Annotated[str, typer.Option(help="owner/repo; needed with several projects")] = "",
    shelf: Annotated[str, typer.Option(help="The shelf that it is put on")] = "",
    name: Annotated[str, typer.Option("--as", help="What it is called there")] = "",
) -> None:
    """Keep a file as context for answers, plans and fixes; list, rename, remove what is kept."""
    from handlers.shell import say_in_shell

    settings, said, console = Settings.load(), words or [], Console()
    logs.configure(settings.soulcaster_log)
    if said[:1] == ["add"] and len(said) == 2 and Path(said[1]).is_file():
        added = asyncio.run(_add(settings, Path(said[1]), project, shelf, name))
        console.print(added, markup=False)
        return
    options = [f"--{k}={shlex.quote(v)}" for k, v in (("shelf", shelf), ("as", name)) if v]
    line = " ".join(["files", *(f'"{w}"' if " " in w else w for w in said), *options])
    answer = asyncio.run(say_in_shell(settings, line, project))
    console.print(answer.text, markup=False)
    raise typer.Exit(0 if answer.ok else 1)


async def _add(settings: Settings, path: Path, project: str, shelf: str, name: str) -> str:
    from handlers.begin import begin
    from handlers.shell import project_of
    from workers.memory.shelf import add

    with path.open("rb") as file:
        data = file.read(FILE_BYTES + 1)
    async with begin(settings) as ctx:
        at = (await project_of(ctx, project)).id
        how = {"name": name or path.name, "shelf": shelf, "by": "the operator", "origin": "shell"}
        kept, new = await add(ctx, at, data, audience=Audience.TEAM, by_id=None, **how)
    if not new:
        return f"It is kept already, as {kept.name}."
    cut = ", of which its first 1,000,000 characters are read" if kept.cut else ""
    return f"{kept.name} is kept: {kept.kind}, {kept.parts} parts{cut}. It is the team's."
