"""``soulcaster``: up, web, worker, clock, demo, fix, doctor, replay, rebuild, erase, say ..."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Column, Table

from bot import log as logs
from bot.adapters.sandboxes import processes
from bot.domain.errors import ConfigError, NotFound, SoulcasterError
from bot.settings import Settings
from handlers import data, shell_commands
from handlers.shell_commands import do, settings_here

if TYPE_CHECKING:
    from bot.context import Context

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Triage and repair bot: a GitHub App with a chat-ops interface.",
)
for part in (data, shell_commands):
    app.add_typer(part.app)
app.add_typer(shell_commands.e2b, name="e2b")
console = Console()


async def _until_told(work: Coroutine[None, None, None]) -> None:
    """Run ``work`` until Ctrl-C or SIGTERM; then it is cancelled, and ends in order."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _serve(kind: str, work: Callable[[Context], Awaitable[None]]) -> None:
    """Begin, going on while Redis is away, and work until told to stop; anew with every change of
    the settings on the setup page."""
    from handlers.begin import serve

    asyncio.run(_until_told(serve(settings_here(), kind, work)))


@app.command()
def up() -> None:
    """Run web, worker, fixer and clock together; Ctrl-C ends them all."""
    from handlers.stack import up as run

    settings_here()
    asyncio.run(_until_told(run()))


@app.command()
def web() -> None:
    """Serve webhooks and Slack's requests."""

    async def run(ctx: Context) -> None:
        from handlers.begin import tell_setup_address
        from handlers.web import SPOOLING, build_app, serving

        app = build_app(ctx)
        async with serving(app, ctx.settings.soulcaster_host, ctx.settings.port) as url:
            logs.log.info("listening", url=url)
            telling = () if ctx.settings.github_app_id else (tell_setup_address(ctx),)
            # Shielded: what comes while the server closes is written down, too.
            await asyncio.gather(asyncio.shield(app[SPOOLING]), *telling)

    _serve("web", run)


@app.command()
def setup() -> None:
    """Print the setup page's address, with a code for one browser: its owner's."""
    from handlers.begin import setup_address

    print(do(setup_address))


@app.command()
def worker(queue: Annotated[Literal["work", "fixes"], typer.Option()] = "work") -> None:
    """Run jobs of one queue until told to stop."""

    async def run(ctx: Context) -> None:
        from workers import jobs
        from workers.worker import work

        jobs.load()
        logs.log.info("working", queue=queue)
        await work(ctx, queue)

    _serve("fixer" if queue == "fixes" else "worker", run)


@app.command()
def clock() -> None:
    """Ring for whatever is due: digests, retries, sweeps."""
    from workers.upkeep.schedule import run_clock

    _serve("clock", run_clock)


@app.command()
def demo(
    headless: Annotated[
        bool, typer.Option(help="No browser: play the story, print one JSON line, end")
    ] = False,
    speed: Annotated[float, typer.Option(help="How fast the story plays")] = 1.0,
    keep: Annotated[Path | None, typer.Option(help="Keep all state in this folder")] = None,
    record: Annotated[Path | None, typer.Option(help="Record the vendors' traffic here")] = None,
) -> None:
    """Play the main job on simulators of GitHub and Slack; no account, no key."""
    from handlers.demo.play import play

    logs.configure("text")
    raise typer.Exit(asyncio.run(play(headless=headless, speed=speed, folder=keep, record=record)))


@app.command()
def models(
    do: Annotated[str, typer.Argument(help="`fetch` to fetch one; else all are listed")] = "",
    name: Annotated[str, typer.Argument(help="minilm, multilingual, or owner/name")] = "",
) -> None:
    """List the embedding models that are here, or fetch one: nothing else ever does."""
    from handlers.models import fetch, listed

    if do and (do != "fetch" or not name):
        raise typer.BadParameter("`models` lists them, `models fetch NAME` fetches one")
    settings = settings_here()
    if do:
        console.print(fetch(settings, name), markup=False)
        return
    table = Table("", "model", "MB", "licence", "SOULCASTER_EMBEDDER=")
    table.add_column("where", overflow="fold")
    for row in listed(settings):
        table.add_row(*row)
    console.print(table)


@app.command()
def fix(
    path: Annotated[Path, typer.Argument(help="A checkout; it is read, never touched")],
    report: Annotated[
        Path | None, typer.Option(help="What is wrong, as Markdown, with an example")
    ] = None,
    test: Annotated[str, typer.Option(help="Command of the suite; found out by default")] = "",
    agent: Annotated[str, typer.Option(help="Who repairs; SOULCASTER_AGENT by default")] = "",
    timeout: Annotated[str, typer.Option(help="Wall time: 90s, 10m, 1h")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Where patch.diff and proof.json go; a new folder if none")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be installed and run; run nothing")
    ] = False,
) -> None:
    """Reproduce, repair and prove on a local checkout: no GitHub, no account. 0 only if proved."""
    from handlers.local_fix import Wanted, fix_here, show_environment

    settings = Settings.load()
    logs.configure(settings.soulcaster_log, level=logging.ERROR)
    if dry_run:
        named = settings.soulcaster_registries.keys()
        raise typer.Exit(0 if show_environment(path, test, console, named) else 1)
    if report is None:
        raise typer.BadParameter("say what is wrong: --report FILE.md")
    wanted = Wanted(path=path, report=report, test=test, agent=agent, timeout=timeout, out=out)
    raise typer.Exit(0 if asyncio.run(fix_here(settings, wanted, console)) else 1)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One object a row")] = False,
) -> None:
    """Check every dependency; each red row says what mends it."""
    from handlers.doctor import examine

    with console.status("Looking. What a sandbox may use is tried, which takes up to a minute."):
        rows = asyncio.run(examine(settings_here()))
    if as_json:
        print(json.dumps([{**asdict(row), "ok": row.ok} for row in rows], indent=1))
        raise typer.Exit(0 if all(row.ok for row in rows) else 1)
    table = Table("", *(Column(n, overflow="fold") for n in ("what", "found", "to do")), "ms")
    for row in rows:
        mark, took = "[green]✓[/]" if row.ok else "[red]✗[/]", f"{row.ms:,}" if row.ms else ""
        table.add_row(mark, row.what, row.found, row.mend, took)
    console.print(table)
    raise typer.Exit(0 if all(row.ok for row in rows) else 1)


@app.command()
def replay(
    reference: Annotated[
        str, typer.Argument(help="One job, as doctor and the log name it: e-12AB; else all")
    ] = "",
) -> None:
    """Run again what was given up; doctor lists it."""
    from workers import jobs

    jobs.load()

    async def run(ctx: Context) -> int:
        again = await ctx.jobs.replay(reference)
        await ctx.jobs.settled()
        for one in again:
            console.print(f"again: {one.name} ({one.reason[:100]})", markup=False)
        return len(again)

    if not do(run):
        raise NotFound(f"There is no {reference or 'job'} that was given up.")


@app.command()
def erase(
    project: Annotated[str, typer.Option(help="owner/repo")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the name again")] = False,
) -> None:
    """Erase all that is kept of a repository, now; workers may go on. It can't be undone."""
    from workers.upkeep.erase import erase as pass_over

    if not yes and typer.prompt(f"To erase all of {project}, type its name again") != project:
        raise ConfigError("That is another name: nothing was erased.")

    async def run(ctx: Context) -> None:
        named = await ctx.projects.named(project, removed=True)
        await ctx.projects.begin_erasing(named)
        while gone := await pass_over(ctx, named.id):
            told = ", ".join(f"{count:,} {kind}" for kind, count in sorted(gone.items()))
            console.print(f"Erased: {told}. Looking whether somebody still works for it ...")
            # Whoever does sees by then that the job is no longer theirs.
            await asyncio.sleep(ctx.settings.soulcaster_lease_seconds)
        installed = "" if named.removed else " The app is still installed there: uninstall it."
        console.print(f"Nothing is left of {project}.{installed}")

    do(run)


@app.command()
def say(
    sentence: Annotated[str, typer.Argument(help='A command, as in a comment: "status C-12"')],
    project: Annotated[str, typer.Option(help="owner/repo; needed with several projects")] = "",
) -> None:
    """Give a command from the shell, as the operator."""
    from bot.domain.commands.typed_secret import wants_secret
    from handlers.shell import say_in_shell

    settings = settings_here()
    asked = wants_secret(sentence)
    secret = typer.prompt(f"The {asked} (not shown)", hide_input=True) if asked else ""
    answer = asyncio.run(say_in_shell(settings, sentence, project, secret.strip()))
    console.print(answer.text)
    raise typer.Exit(0 if answer.ok else 1)


@app.command()
def rebuild(project: Annotated[str, typer.Option(help="owner/repo")]) -> None:
    """Count a project's lists, tallies and runs anew from its records; all may go on working."""

    async def run(ctx: Context) -> int:
        found = await ctx.projects.named(project)
        return await ctx.overview.rebuild(found.id)

    console.print(f"{project}: {do(run):,} clusters were counted anew.", markup=False)


@app.command()
def backtest(
    what: Annotated[str, typer.Argument(help="FILE.jsonl, or owner/repo to read its issues")],
    out: Annotated[Path | None, typer.Option(help="Write id, cluster and candidates here")] = None,
    join: Annotated[
        Literal["ask", "sure", "eager"], typer.Option(help="What joins unasked")
    ] = "sure",
    against: Annotated[
        Literal["", "plain"], typer.Option(help="`plain`: beside the nearest cosine of 0.72")
    ] = "",
    choose: Annotated[
        bool, typer.Option("--choose", help="ask, sure and eager side by side, with examples")
    ] = False,
) -> None:
    """Cluster a whole history offline, as if it had arrived live; writes nothing to GitHub."""
    from handlers.backtest import backtest as run

    # Only lines on stdout: the bar is for people.
    bar = Console(stderr=True)
    found = run(settings_here(), what, bar, out=out, join=join, against=against, choose_one=choose)
    for line in asyncio.run(found):
        print(line)


def main() -> None:
    """The console script: our own errors are one line, not a traceback."""
    # What we write is for us alone: state, logs, patches.
    os.umask(0o077)
    processes.hide()
    # Nearly all that is made while we start stays: looking through it again and again is vain.
    gc.set_threshold(50_000)
    try:
        app()
    except SoulcasterError as error:
        for line in str(error).splitlines():
            print(f"soulcaster: {line}", file=sys.stderr)
        sys.exit(2)
    except RedisError as error:
        print(f"soulcaster: Redis does not do its work, see REDIS_URL: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
