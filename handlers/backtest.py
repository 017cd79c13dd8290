"""``soulcaster backtest``: a whole history clustered offline, with a progress bar."""

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.adapters import choose
from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.cards.views.choice import choice_card
from bot.domain.clusters.engine.deciding import Eagerness
from bot.domain.errors import NotFound
from bot.repo_config import PATH
from bot.settings import Settings
from handlers.shell import shown
from workers.clusters.backtest import History, read_history, run_backtest, write_rows
from workers.clusters.choice import compare
from workers.clusters.history import Past, agreement, read_issues

_Outcome = TypeVar("_Outcome")
_REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}")


async def backtest(
    settings: Settings,
    what: str,
    console: Console,
    *,
    out: Path | None,
    join: Eagerness,
    against: Literal["", "plain"] = "",
    choose_one: bool = False,
) -> list[str]:
    """Cluster a JSONL file, or the issues of ``owner/repo``; what came of it, as lines. Nothing is
    written but ``out``. Raises NotFound for what is neither."""
    past: Past | None = None
    if Path(what).is_file():  # noqa: ASYNC240  # a command line: nothing else runs
        reports: Sequence[History] = read_history(Path(what))
    elif _REPOSITORY.fullmatch(what):
        past = await _read(settings, what, console)
        reports = past.reports
    else:
        raise NotFound(f"{what} is neither a file nor owner/repo.")
    if choose_one:
        compared = past or Past(tuple(reports), frozenset())
        choice = await _watched(settings, console, partial(compare, compared))
        card = choice_card(choice.outcome(), what, key="backtest", readers=Audience.PERSON)
        return [shown(card), "", f"Choose with a line in {PATH}, as `cluster: eager`."]
    plain = against == "plain"
    clustered = partial(run_backtest, reports, join=join, against_plain=plain)
    outcome = await _watched(settings, console, clustered)
    if out is not None:
        write_rows(out, outcome.rows)
    return outcome.lines + (agreement(past, outcome.rows).lines if past else [])


async def _read(settings: Settings, repository: str, console: Console) -> Past:
    async with open_context(settings) as ctx:
        project = await ctx.projects.named(repository)
        with console.status(f"Reading the issues of {repository}") as status:
            return await read_issues(
                ctx,
                project,
                progress=lambda read: status.update(f"{read:,} issues of {repository} read"),
            )


async def _watched(
    settings: Settings, console: Console, run: Callable[..., Awaitable[_Outcome]]
) -> _Outcome:
    embedder = choose.embedder(Context.choices_of(settings))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
            task = bar.add_task("Clustering", total=None)
            return await run(
                embedder, progress=lambda done, total: bar.update(task, completed=done, total=total)
            )
    finally:
        await embedder.close()
