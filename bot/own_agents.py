"""``.github/soulcaster/agents/NAME.md``: read from the repository, checked, and written. What is
wrong is told with the file's line."""

import asyncio
import hashlib

import yaml

from bot.adapters.choose_agent import AGENTS
from bot.context import Context
from bot.domain.cards.rule import read_rule
from bot.domain.cards.schedule import read_schedule
from bot.domain.errors import ConfigError, NotFound, NotUnderstood, Rejected
from bot.domain.fixes.own_agent import (
    FOLDER,
    NAME,
    AgentFile,
    AgentLimits,
    Bounds,
    OwnAgent,
    mistakes,
)
from bot.domain.models import Project
from bot.domain.ports import Budget
from bot.github.app import READ
from bot.github.pulls import files
from bot.github.wire import unless_refused
from bot.log import log
from bot.repo_config import MAX_MISTAKES, line_of, read_as
from bot.sources import SOURCES

_FENCE = "---"


def read_agent(name: str, file: bytes, bounds: Bounds) -> OwnAgent:
    """Parse and check a file. Raises ConfigError with a line for each mistake, naming its own."""
    path = f"{FOLDER}/{name}.md"
    lines = file.decode("utf-8", "replace").splitlines()
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), 0)
    if not lines or lines[0].rstrip() != _FENCE or not end:
        raise ConfigError(f"{path}:1: wants a line of ---, what it may, and --- again; then words.")
    # The fence stays as an empty line, so that lines are counted as in the file.
    front = "\n".join(["", *lines[1:end]]).encode()
    told, node = read_as(AgentFile, front, path)
    body = lines[end + 1 :]
    agent = OwnAgent(**dict(told), name=name, prompt="\n".join(body), version=version_of(file))
    found = []
    for where, what in mistakes(agent, bounds):
        at = end + 2 + int(where[1]) if where[:1] == ("prompt",) else line_of(node, where)
        named = "" if where[:1] == ("prompt",) else ".".join(map(str, where))
        found.append(f"{path}:{at}: {' '.join(filter(None, (named, what)))}.")
    if found:
        raise ConfigError("\n".join(found[:MAX_MISTAKES]))
    return agent


def version_of(file: bytes) -> str:
    """Tells one text of the file from any other."""
    return hashlib.sha256(file).hexdigest()[:12]


def write_agent(agent: OwnAgent) -> bytes:
    """The file that :func:`read_agent` reads as this agent."""
    front = agent.model_dump(
        mode="json", exclude={"name", "prompt", "version"}, exclude_defaults=True
    )
    said = yaml.safe_dump(front, sort_keys=False, allow_unicode=True) if front else ""
    return f"{_FENCE}\n{said}{_FENCE}\n\n{agent.prompt.strip()}\n".encode()


async def bounds_of(ctx: Context, project: Project) -> Bounds:
    """What an agent may be made of here, and the most it may have."""
    fix = (await ctx.configs.in_force(project)).fix
    return Bounds(
        bases=AGENTS.keys(),
        models=await _models(ctx, project),
        reads={"problem": lambda rule: read_rule(rule, SOURCES), "schedule": read_schedule},
        egress=bool(fix.egress),
        most=AgentLimits(
            minutes=int(min(fix.max_minutes, ctx.settings.soulcaster_fix_longest / 60)),
            dollars=Budget().dollars,
            files=fix.max_files,
            lines=fix.max_lines,
        ),
        tree=await _tree(ctx, project),
    )


async def names(ctx: Context, project: Project, ref: str = "") -> list[str]:
    """Of the agents that have a file, right or wrong, on the default branch or at ``ref``."""
    at = f"/contents/{FOLDER}" + (f"?ref={ref}" if ref else "")
    found = await unless_refused(ctx.github.repo(project, READ).get(at), 404)
    files = [str(one["name"]) for one in found or () if one["type"] == "file"]
    return sorted(name.removesuffix(".md") for name in files if name.endswith(".md"))


async def own_agent(
    ctx: Context, project: Project, name: str, *, ref: str = "", bounds: Bounds | None = None
) -> OwnAgent:
    """As its file on the default branch says now. Raises NotFound, or ConfigError with its lines
    that are wrong."""
    path = f"{FOLDER}/{name}.md"
    file = await ctx.configs.file(project, ref, path) if NAME.fullmatch(name) else b""
    if not file:
        there = ", ".join(sorted([*AGENTS, *await names(ctx, project)]))
        raise NotFound(f"There is no agent ~{name}. There are: {there}.")
    bounds = bounds or await bounds_of(ctx, project)
    # It may be anybody's, so it is not read on the loop.
    return await asyncio.to_thread(read_agent, name, file, bounds)


async def right_agent(ctx: Context, project: Project, name: str) -> OwnAgent:
    """The same for who gives a command. Raises NotFound, or NotUnderstood with the first line."""
    try:
        return await own_agent(ctx, project, name)
    except ConfigError as error:
        raise NotUnderstood(str(error).splitlines()[0]) from error


async def _models(ctx: Context, project: Project) -> set[str]:
    """Those that the operator lends, or the project has a key for, by any name."""
    choices = await ctx.models.choices(project.id)
    usual = {f"{vendor}/{one.model}" for vendor, one in choices.vendors.items() if one.key}
    return usual.union(*choices.models.values())


async def _tree(ctx: Context, project: Project) -> list[str]:
    try:
        return await files(ctx.github.repo(project, READ), project.default_branch)
    except Rejected as error:
        log.warning("paths of agents are not looked up", project=project.full_name, why=str(error))
        return []
