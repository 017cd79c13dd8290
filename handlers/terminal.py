"""A fix run in a terminal: its steps as they go, and how it ended."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from bot.domain.cards.views.run import LABELS, checks_of
from bot.domain.fixes.run import FixRun, RunStep, StepName
from bot.domain.models import RunState, Verdict

_MARKS: Mapping[RunState, str] = {
    RunState.PENDING: "[dim]·[/]",
    RunState.RUNNING: "[cyan]▸[/]",
    RunState.SUCCEEDED: "[green]✔[/]",
    RunState.FAILED: "[red]✘[/]",
    RunState.CANCELLED: "[yellow]■[/]",
}
_ENDINGS: Mapping[Verdict, str] = {
    Verdict.PROVED: "[green]Proved[/]: red before, green after, the suite no worse.",
    Verdict.ON_ONE_EXAMPLE: "[yellow]Proved on one example only[/]: no test held what changed.",
    Verdict.NOT_REPRODUCED: "[red]Not reproduced[/]: no test made from the report fails.",
    Verdict.NOT_REPAIRED: "[red]Reproduced, not repaired[/]: the failing test is yours to keep.",
    Verdict.TESTS_DO_NOT_RUN: "[red]Tests do not run here[/], so nothing could be proved.",
    Verdict.REFUSED_BY_POLICY: "[red]Refused by policy[/]: there is a patch, and it is not kept.",
    Verdict.STOPPED: "[yellow]Stopped[/].",
    Verdict.LIMIT_REACHED: "[red]Limit reached[/] before the fix was proved.",
    Verdict.NEEDS_A_PERSON: "[red]Needs a person[/]: the example is private.",
}


class Working(Protocol):
    """What has a run that goes on."""

    run: FixRun


@asynccontextmanager
async def shown(context: Working, console: Console) -> AsyncIterator[None]:
    """Progress while the block runs: live in a terminal, a line an ended step elsewhere."""
    if console.is_terminal:
        live = Live(
            get_renderable=lambda: _table(context.run), console=console, refresh_per_second=8
        )
        with live:
            yield
        return
    told: set[StepName] = set()
    telling = asyncio.create_task(_keep_telling(context, console, told))
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        _tell(context.run, console, told)


async def _keep_telling(context: Working, console: Console, told: set[StepName]) -> None:
    while True:
        _tell(context.run, console, told)
        await asyncio.sleep(0.1)


def _tell(run: FixRun, console: Console, told: set[StepName]) -> None:
    for step in run.steps:
        if step.ended_at is not None and step.name not in told:
            told.add(step.name)
            words = " · ".join(part for part in _words(step) if part)
            console.print(f"{_MARKS[step.state]} {words}", soft_wrap=True, highlight=False)


def _table(run: FixRun) -> Table:
    table = Table.grid(padding=(0, 1))
    for step in run.steps:
        label, took, note = _words(step)
        table.add_row(_MARKS[step.state], label, f"[dim]{took}[/]", note)
    return table


def _words(step: RunStep) -> tuple[str, str, str]:
    label = "Keep the patch" if step.name is StepName.PUBLISH else LABELS[step.name]
    took = ""
    if step.started_at is not None:
        ended = step.ended_at or datetime.now(UTC)
        took = f"{(ended - step.started_at).total_seconds():.1f} s"
    return label, took, escape(step.note)


def said(console: Console, run: FixRun, files: Mapping[str, Path]) -> None:
    """How it ended, the evidence, and where the files are."""
    tell = partial(console.print, highlight=False, soft_wrap=True)
    if run.verdict is not None:
        console.print(f"\n{_ENDINGS[run.verdict]}", highlight=False)
    if run.reason:
        tell(escape(run.reason))
    for finding in run.findings[:10]:
        tell(f"  {escape(finding)}")
    if run.environment:
        tell(f"  Environment: {escape('; '.join(run.environment))}")
    for one in (*run.changes, *filter(None, [run.reading])):
        what = "another patch holds and differs" if one is run.reading else "also changes"
        tell(escape(f"  {what}: {one.call}: {one.one} → {one.other}"))
    for label, ran in checks_of(run):
        took = f"exit code {ran.exit_code}, {ran.seconds:.1f} s"
        tell(f"  {label}, {took}  [dim]{escape(ran.command)}[/]")
    for path in files.values():
        tell(f"  {escape(str(path))}")
