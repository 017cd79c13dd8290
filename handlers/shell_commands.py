"""What the shell says of a project, ``import``, ``export``, ``files`` and ``logs``; and ``e2b``."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import sys
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Never, TypeVar

import typer
from rich.console import Console

from bot import log as logs_of
from bot.domain.audience import Audience
from bot.domain.commands.references import RunRef
from bot.domain.errors import ConfigError, NotUnderstood
from bot.domain.imports import Wanted
from bot.domain.memory.shelf import FILE_BYTES
from bot.imports.reading import FIELDS
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.context import Context

app = typer.Typer()
e2b = typer.Typer(help="The template of sandboxes at E2B.", no_args_is_help=True)
_VERBS = re.compile(r"status|stop|undo|github|[\w-]{1,39}/[\w.-]{1,100}", re.ASCII)
_Project = Annotated[str, typer.Option(help="owner/repo; needed with several projects")]
T = TypeVar("T")


def settings_here() -> Settings:
    """Those of this machine, with the log as they want it."""
    settings = Settings.load()
    logs_of.configure(settings.soulcaster_log)
    return settings


def do(work: Callable[[Context], Awaitable[T]]) -> T:
    """What ``work`` comes to in a context of its own."""
    from handlers.begin import begin

    async def run() -> T:
        async with begin(settings_here()) as ctx:
            return await work(ctx)

    return asyncio.run(run())


def _say(line: str, project: str) -> Never:
    """Obey a sentence of chat and print what it is answered."""
    from handlers.shell import say_in_shell

    answer = asyncio.run(say_in_shell(settings_here(), line, project))
    Console().print(answer.text, markup=False)
    raise typer.Exit(0 if answer.ok else 1)


@app.command("import")
def import_(
    what: Annotated[str, typer.Argument(help="FILE, URL, owner/repo; status, stop or undo")],
    number: Annotated[int, typer.Argument(help="Of the import to stop or to undo")] = 0,
    kind: Annotated[str, typer.Option(help="jsonl, csv, slack, chatgpt or mbox")] = "",
    project: _Project = "",
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

    if _VERBS.fullmatch(what) and not os.path.exists(what):
        _say(f"import {what} {number or ''}".strip(), project or what * ("/" in what))
    settings = settings_here()
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

    raise typer.Exit(0 if asyncio.run(run(settings, asked, Console(), agreed)) else 1)


@app.command()
def export(
    project: _Project = "",
    out: Annotated[Path | None, typer.Option(help="A new file; else they are printed")] = None,
) -> None:
    """Write a project's reports and clusters as JSONL, which `import` takes again."""
    from handlers.imports.exporting import export as run

    with out.open("x", encoding="utf-8") if out else nullcontext(sys.stdout) as file:
        asyncio.run(run(Settings.load(), project, file.write))


@app.command()
def files(
    words: Annotated[
        list[str] | None, typer.Argument(help="add FILE, or as in chat: list, remove NAME ...")
    ] = None,
    project: _Project = "",
    shelf: Annotated[str, typer.Option(help="The shelf that it is put on")] = "",
    name: Annotated[str, typer.Option("--as", help="What it is called there")] = "",
) -> None:
    """Keep a file as context for answers, plans and fixes; list, rename, remove what is kept."""
    said = words or []
    if said[:1] == ["add"] and len(said) == 2 and Path(said[1]).is_file():
        path = Path(said[1])
        added = do(lambda ctx: _add(ctx, path, project, shelf, name))
        Console().print(added, markup=False)
        return
    options = [f"--{k}={shlex.quote(v)}" for k, v in (("shelf", shelf), ("as", name)) if v]
    _say(" ".join(["files", *(f'"{w}"' if " " in w else w for w in said), *options]), project)


async def _add(ctx: Context, path: Path, project: str, shelf: str, name: str) -> str:
    from handlers.shell import project_of
    from workers.memory.shelf import add

    with path.open("rb") as file:
        data = file.read(FILE_BYTES + 1)
    at = (await project_of(ctx, project)).id
    how = {"name": name or path.name, "shelf": shelf, "by": "the operator", "origin": "shell"}
    kept, new = await add(ctx, at, data, audience=Audience.TEAM, by_id=None, **how)
    if not new:
        return f"It is kept already, as {kept.name}."
    cut = ", of which its first 1,000,000 characters are read" if kept.cut else ""
    return f"{kept.name} is kept: {kept.kind}, {kept.parts} parts{cut}. It is the team's."


@app.command()
def logs(
    run: Annotated[str, typer.Argument(help="F-7")],
    project: _Project = "",
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the run has ended")] = False,
) -> None:
    """Print a fix run's log, and what comes while it runs."""
    if (ref := RunRef.read(run)) is None:
        raise NotUnderstood(f"{run!r} is no fix run. Example: soulcaster logs F-7 --follow")
    number = ref.number
    do(lambda ctx: _print(ctx, number, project, follow=follow))


async def _print(ctx: Context, number: int, project: str, *, follow: bool) -> None:
    from handlers.shell import project_of

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


@e2b.command()
def build() -> None:
    """Build E2B's template with what fixes need: Python, git, compilers, Node, uv."""

    async def run(ctx: Context) -> str:
        if not (key := ctx.settings.e2b_api_key.get_secret_value()):
            raise ConfigError(
                "E2B_API_KEY is not set: make a key at https://e2b.dev/dashboard?tab=keys, "
                "put it into .env or the setup page, and say this again."
            )
        from bot.adapters.sandboxes.e2b_template import build as build_template

        return await build_template(key, ctx.settings.e2b_api_url, typer.echo)

    typer.echo(f"Built. To use it, set SOULCASTER_E2B_TEMPLATE={do(run)}.")
