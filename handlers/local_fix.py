"""``soulcaster fix PATH``: a fix run on a local checkout, with its progress in the terminal."""

import asyncio
import getpass
import re
import secrets
import signal
import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from bot.adapters import choose, choose_agent, choose_model
from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.commands.references import Duration
from bot.domain.errors import NotFound, NotUnderstood, TooLarge
from bot.domain.fixes.environment import needs_of
from bot.domain.fixes.patch import Tree
from bot.domain.fixes.proof import Proof, proof_of
from bot.domain.fixes.run import Case, FixRun
from bot.domain.fixes.testplan import SAY_HOW, how_to_test
from bot.domain.models import Cluster, Item, Purpose, Verdict
from bot.domain.ports import LanguageModel
from bot.repo_config import PATH, RepoConfig, read_repo_config
from bot.settings import Settings
from handlers.terminal import said, shown
from workers.fixes.steps.local import LocalRun, day_of, read_checkout, read_submodules, work

PATCH, PROOF, REPRODUCTION, LOG = "patch.diff", "proof.json", "reproduction.diff", "run.log"
# What a virtual environment has that nothing was installed into.
_FRESH = re.compile(r"pip|setuptools|wheel|_?distutils|pkg_resources|_virtualenv|__pycache__")
FILES = (PATCH, REPRODUCTION, PROOF, LOG)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was said in the shell."""

    path: Path
    report: Path
    test: str = ""
    agent: str = ""
    timeout: str = ""
    out: Path | None = None


async def fix_here(settings: Settings, wanted: Wanted, console: Console) -> bool:
    """Run it to its end and write its files; whether it is proved. Raises NotFound, NotUnderstood
    or ConfigError, each one line, before anything is begun."""
    folder = wanted.path.resolve()
    if not folder.is_dir():
        raise NotFound(f"{wanted.path} is no folder.")
    if wanted.out is not None and wanted.out.exists() and not wanted.out.is_dir():
        raise NotUnderstood(f"--out {wanted.out} is no folder.")
    case = _case(wanted.report)
    out = wanted.out.resolve() if wanted.out else None
    try:
        tree = await asyncio.to_thread(read_checkout, folder, leave_out=out)
        beside = await asyncio.to_thread(read_submodules, folder, tree)
    except TooLarge as error:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            refused = Proof(verdict=Verdict.LIMIT_REACHED, reason=str(error))
            (out / PROOF).write_text(refused.model_dump_json(indent=2) + "\n")
        raise
    config = _config(tree, wanted.test)
    with tempfile.TemporaryDirectory(prefix="soulcaster-") as state:
        # Whoever says this line in a shell means it: the folder's own tests may run here.
        own = _environment(folder)
        choices = Context.choices_of(settings)
        choices = replace(
            choices,
            data_dir=Path(state),
            environments=choices.data_dir / "environments",
            trusted=frozenset({str(folder)}),
            tools=own,
        )
        named = ",".join(config.fix.agents) or settings.soulcaster_agent
        name = wanted.agent.removeprefix("~") or named
        sandboxes, log = choose.sandboxes(choices), list[str]()
        if sandboxes.isolation == "none":
            console.print("[yellow]This machine isolates nothing: tests run with your rights.[/]")
        run = _run(settings, folder, name, wanted.timeout)

        async def open_model(purpose: Purpose) -> LanguageModel | None:
            return choose_model.language_model(choices, purpose)

        context = LocalRun(
            run,
            tree,
            case,
            config=config,
            sandboxes=sandboxes,
            template=settings.soulcaster_e2b_template,
            agents=choose_agent.agents(name, choices),
            open_model=open_model,
            log=log.append,
            brings_environment=bool(own),
            beside=beside,
        )
        try:
            async with _stopped_by_signals(context), shown(context, console):
                await work(context)
        finally:
            await sandboxes.close()
    out = wanted.out or Path(tempfile.mkdtemp(prefix="soulcaster-fix-"))
    _write(out, context, log)
    said(console, context.run, {name: out / name for name in FILES if (out / name).exists()})
    return context.run.verdict is Verdict.PROVED


def show_environment(
    path: Path, test: str, console: Console, fetched: Collection[str] = ()
) -> bool:
    """What a run would install and run here, and which files say so; whether it knows both."""
    tree = read_checkout(path.resolve())
    config = _config(tree, test).fix
    beside = read_submodules(path.resolve(), tree)
    plan = how_to_test(tree, command=config.tests.command)
    needs = needs_of(tree, config.setup, beside=beside, fetched=fetched)
    own = _environment(path.resolve())
    suite = f"{plan.suite} ({plan.why})" if plan else f"none found; {SAY_HOW}"
    found = f"{own[0]}, as it is" if own else f"as {needs.sources} says"
    if needs.nothing and not own:
        found = "nothing is to be installed"
    lines = [f"Tests: {suite}", f"Environment: {found}"]
    lines += [f"  {command}" for command in needs.commands if not own]
    if unnamed := [name for name, named in needs.imports.items() if not (named or own)]:
        lines.append(f"Tests import what no file names (packages may): {', '.join(unnamed)}")
    lines += [f"Not there: {line}" for line in needs.left_out]
    console.print("\n".join(map(escape, lines)), highlight=False, soft_wrap=True)
    return plan is not None


def _case(report: Path) -> Case:
    """The report as a problem of its own."""
    if not report.is_file():
        raise NotFound(f"There is no report {report}.")
    try:
        body = report.read_text(encoding="utf-8")[:70_000]
    except (UnicodeDecodeError, OSError) as error:
        raise NotUnderstood(f"The report {report} can't be read as text.") from error
    first = next((line.strip("# \t") for line in body.splitlines() if line.strip("# \t")), "")
    if not first:
        raise NotUnderstood(f"The report {report} is empty: say what is wrong, with an example.")
    now = datetime.now(UTC)
    item = Item(
        audience=Audience.TEAM,
        number=1,
        source="feedback",
        key="report",
        event="report",
        title=first[:1_000],
        body=body,
        occurred_at=now,
        created_at=now,
        updated_at=now,
        cluster=1,
    )
    cluster = Cluster(
        number=1, audience=Audience.TEAM, title=first[:200], created_at=now, updated_at=now
    )
    return Case(cluster=cluster, items=(item,))


def _config(tree: Tree, test: str) -> RepoConfig:
    """The checkout's own decisions; ``--test`` wins."""
    entry = tree.get(PATH)
    config = read_repo_config(entry.data) if entry else RepoConfig()
    if not test:
        return config
    tests = config.fix.tests.model_copy(update={"command": test})
    return config.model_copy(update={"fix": config.fix.model_copy(update={"tests": tests})})


def _environment(folder: Path) -> tuple[Path, ...]:
    """The checkout's own virtual environment and the Python below it, where it has one."""
    for name in (".venv", "venv"):
        there = folder / name
        config = there / "pyvenv.cfg"
        packages = {path.name for path in there.glob("lib/python*/site-packages/*")}
        if config.is_file() and any(not _FRESH.match(name) for name in packages):
            python = (there / "bin" / "python").resolve()
            return (there, python.parent.parent)
    return ()


def _run(settings: Settings, folder: Path, agent: str, timeout: str) -> FixRun:
    seconds = settings.soulcaster_fix_seconds
    if timeout:
        read = Duration.read(timeout)
        if read is None:
            raise NotUnderstood(
                f'--timeout wants a duration, got "{timeout}". Example: --timeout 10m'
            )
        seconds = read.seconds
    now = datetime.now(UTC)
    return FixRun(
        number=1,
        audience=Audience.TEAM,
        cluster=1,
        command=f"local-{secrets.token_hex(6)}",
        requested_by=getpass.getuser(),
        operator=True,
        agent=agent,
        base=str(folder),
        base_day=day_of(folder),
        seconds_allowed=float(seconds),
        created_at=now,
        updated_at=now,
    )


@asynccontextmanager
async def _stopped_by_signals(context: LocalRun) -> AsyncIterator[None]:
    """Ctrl-C ends the run as a stop does: with its verdict written down."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, context.stop, "you")
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _write(out: Path, context: LocalRun, log: list[str]) -> None:
    """The files; what an earlier run left there under the same names goes."""
    out.mkdir(parents=True, exist_ok=True)
    for name in (PATCH, REPRODUCTION):
        (out / name).unlink(missing_ok=True)
    if context.run.holds:
        (out / PATCH).write_bytes(context.proved.unified_bytes)
    elif context.reproduction:
        (out / REPRODUCTION).write_bytes(context.reproduction.unified_bytes)
    (out / PROOF).write_text(proof_of(context.run).model_dump_json(indent=2) + "\n")
    (out / LOG).write_text("".join(f"{line}\n" for line in log))
