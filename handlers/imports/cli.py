"""``soulcaster import`` and ``export``: of what was there before, and of what is here."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot import log as logs
from bot.domain.errors import ConfigError, NotUnderstood
from bot.domain.imports import Wanted
from bot.imports.reading import FIELDS
from bot.settings import Settings

app = typer.Typer()
_VERBS = re.compile(r"status|stop|undo|github|[\w-]{1,39}/[\w.-]{1,100}", re.ASCII)


@app.command("import")
def import_(
    what: Annotated[str, typer.Argument(help="FILE, URL, owner/repo; status, stop or undo")],
    number: Annotated[int, typer.Argument(help="Of the import to stop or to undo")] = 0,
    kind: Annotated[str, typer.Option(help="jsonl, csv, slack, chatgpt or mbox")] = "",
    project: Annotated[str, typer.Option(help="owner/repo; needed with several projects")] = "",
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="FIELD=COLUMN, where it is guessed wrong")
    ] = None,
    channels: Annotated[str, typer.Option(help="Of Slack: support,bugs")] = "",
    to: Annotated[
        str, typer.Option(help="Server to send it to, with its token in SOULCASTER_TOKEN")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask after the preview")] = False,
) -> None:
    """Read years of reports: a file is shown first, and read by the worker while all goes on."""
    from handlers.imports.shell import Asked, run
    from handlers.shell import say_in_shell

    settings, console = Settings.load(), Console()
    logs.configure(settings.soulcaster_log)
    if _VERBS.fullmatch(what) and not os.path.exists(what):
        of = project or what * ("/" in what)
        answer = asyncio.run(say_in_shell(settings, f"import {what} {number or ''}".strip(), of))
        console.print(answer.text, markup=False)
        raise typer.Exit(0 if answer.ok else 1)
    token = settings.soulcaster_token.get_secret_value()
    if to and not token:
        raise ConfigError("A token of the project is needed in SOULCASTER_TOKEN: say token new.")
    pairs = [each.partition("=") for each in columns or ()]
    if wrong := [field for field, _, column in pairs if field not in FIELDS or not column]:
        raise NotUnderstood(f"--map wants FIELD=COLUMN, FIELD of {', '.join(FIELDS)}: {wrong[0]}.")
    mapped = {field: column for field, _, column in pairs}
    wanted = Wanted(columns=mapped, channels=tuple(filter(None, channels.split(","))))
    asked = Asked(what, kind, project, wanted, to, token)

    def agreed() -> bool:
        return yes or typer.confirm("Import it so?")

    raise typer.Exit(0 if asyncio.run(run(settings, asked, console, agreed)) else 1)


@app.command()
def export(
    project: Annotated[str, typer.Option(help="owner/repo; needed with several projects")] = "",
    out: Annotated[Path | None, typer.Option(help="A new file; else they are printed")] = None,
) -> None:
    """Write a project's reports and clusters as JSONL, which `import` takes again."""
    from handlers.imports.exporting import export as run

    with out.open("x", encoding="utf-8") if out else nullcontext(sys.stdout) as file:
        asyncio.run(run(Settings.load(), project, file.write))
