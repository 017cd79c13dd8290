"""An agent of a team's own: a base agent with the team's rules, kept in a file of the repository.
``.github/soulcaster/agents/NAME.md``: between two lines of ``---`` what it may (YAML), below them
its prompt. Who may push to the default branch wrote it, so it may say how to work; nothing in it
widens what the operator, the project or the patch policy allow."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from pydantic import Field

from bot.domain.errors import NotUnderstood
from bot.domain.fixes.patch import matcher
from bot.domain.models import Record
from bot.domain.secrets import tokens

FOLDER = ".github/soulcaster/agents"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LONGEST_PROMPT, LONGEST_WORDS, MOST = 8_000, 200, 20
# What the machine around an agent can grant or withhold.
TOOLS: Mapping[str, str] = {
    "checkout": "reads and edits the checkout and runs commands in it",
    "network": "reaches the hosts of fix.egress",
}


class AgentLimits(Record):
    """At most this of a run; what is not said is as for any fix."""

    minutes: int | None = Field(None, ge=1)
    dollars: float | None = Field(None, gt=0, allow_inf_nan=False)
    files: int | None = Field(None, ge=1)
    lines: int | None = Field(None, ge=1)


class Triggers(Record):
    """When it starts besides on command: an issue gets a ``label``, something happens to a problem
    (a rule as of ``notify``), or on a ``schedule``, for the newest open problem."""

    label: str = Field("", max_length=50)
    problem: str = ""
    schedule: str = ""


class AgentFile(Record):
    """What stands between the lines of ``---``; every key has a default.

    ``base`` is an agent of the roster, "" the one that fixes are made by here. ``paths`` are what a
    patch of it may touch, as in ``.gitignore``; none is what any fix may."""

    purpose: str = Field("", max_length=LONGEST_WORDS)
    base: str = ""
    model: str = ""
    tools: tuple[str, ...] = ("checkout",)
    paths: tuple[str, ...] = Field((), max_length=MOST)
    limits: AgentLimits = AgentLimits()
    triggers: Triggers = Triggers()
    steps: tuple[str, ...] = Field((), max_length=MOST)


class OwnAgent(AgentFile):
    """The whole of it; ``version`` is made from what the file says."""

    name: str
    prompt: str
    version: str = ""

    @property
    def path(self) -> str:
        """Where it stands."""
        return f"{FOLDER}/{self.name}.md"

    def seconds(self, most: float) -> float:
        """Wall time of a run that could have ``most``."""
        return min(most, self.limits.minutes * 60.0) if self.limits.minutes else most

    @property
    def briefing(self) -> str:
        """What its base agent is told beside the task."""
        steps = [f"{n}. {step}" for n, step in enumerate(self.steps, 1)]
        only = [f"Change nothing outside {', '.join(self.paths)}."] if self.paths else []
        return "\n".join([self.prompt.strip(), *steps, *only])


@dataclass(frozen=True, slots=True)
class Bounds:
    """What there is to choose from here, and the most that may be had. ``bases`` are the agents of
    the roster, ``models`` those that may be asked for this project, as ``vendor/model``;
    ``egress``: whether the project opens a host. ``tree`` are the files of the default branch, none
    where GitHub does not say. ``most`` are the limits of any fix, and ``reads`` reads a trigger by
    its name, or raises NotUnderstood."""

    bases: Collection[str]
    models: Collection[str]
    reads: Mapping[str, Callable[[str], object]]
    egress: bool
    most: AgentLimits
    tree: Collection[str] = ()


Where = tuple[str | int, ...]


def mistakes(agent: OwnAgent, bounds: Bounds) -> Iterator[tuple[Where, str]]:
    """What is wrong with it here: the key (``("prompt", 3)`` is its fourth line), and a clause."""
    if not NAME.fullmatch(agent.name):
        yield (), "wants a name of small letters, digits and hyphens, up to 40"
    elif agent.name in bounds.bases:
        yield (), f"is called as an agent that is there already (~{agent.name})"
    if agent.base and agent.base not in bounds.bases:
        yield ("base",), f"is no agent: there are {', '.join(sorted(bounds.bases))}"
    if agent.model and agent.model not in bounds.models:
        there = ", ".join(sorted(bounds.models)) or "none"
        yield ("model",), f"is no model that is named for this project: there are {there}"
    yield from _tools(agent, bounds)
    yield from _paths(agent, bounds)
    for name, most in bounds.most:
        asked = getattr(agent.limits, name)
        if asked is not None and asked > most:
            yield ("limits", name), f"is at most {most:g} here"
    yield from _triggers(agent, bounds)
    if not agent.prompt.strip():
        yield ("prompt", 0), "the prompt is empty"
    if len(agent.prompt) > LONGEST_PROMPT:
        yield ("prompt", 0), f"the prompt has at most {LONGEST_PROMPT:,} characters"
    yield from _words(agent)


def _tools(agent: OwnAgent, bounds: Bounds) -> Iterator[tuple[Where, str]]:
    for n, tool in enumerate(agent.tools):
        if tool not in TOOLS:
            yield ("tools", n), f"is no tool: there are {', '.join(TOOLS)}"
    if "checkout" not in agent.tools:
        yield ("tools",), "lacks checkout, without which nothing can be repaired"
    if "network" in agent.tools and not bounds.egress:
        yield ("tools",), "has network, and this project opens no host (fix.egress)"


def _paths(agent: OwnAgent, bounds: Bounds) -> Iterator[tuple[Where, str]]:
    for n, path in enumerate(agent.paths):
        parts = path.strip("/").split("/")
        if (
            path.startswith(("/", "!", "~", "#"))
            or {"..", "."} & {*parts}
            or set(path) & set("\\:")
        ):
            yield ("paths", n), "is no path of this repository: write it as docs/** or src/x.py"
        elif parts[0].startswith(".git"):
            yield ("paths", n), "is a folder that no agent may change"
        elif bounds.tree and not any(map(matcher([path]), bounds.tree)):
            yield ("paths", n), "names no file of the default branch"


def _triggers(agent: OwnAgent, bounds: Bounds) -> Iterator[tuple[Where, str]]:
    for name, read in bounds.reads.items():
        try:
            if words := getattr(agent.triggers, name):
                read(words)
        except NotUnderstood as error:
            yield ("triggers", name), f"cannot be read: {error}"


def _words(agent: OwnAgent) -> Iterator[tuple[Where, str]]:
    """Secrets, and what nobody would see in a review."""
    lines: list[tuple[Where, str]] = [
        *((("prompt", n), line) for n, line in enumerate(agent.prompt.splitlines())),
        *((("steps", n), step) for n, step in enumerate(agent.steps)),
        (("purpose",), agent.purpose),
    ]
    for where, line in lines:
        for what, _ in tokens(line):
            yield where, f"holds what looks like {what}: take it out and revoke it"
        if any(unicodedata.category(char) in ("Cc", "Cf", "Co") for char in line.replace("\t", "")):
            yield where, "holds invisible characters"
        if where[0] == "steps" and len(line) > LONGEST_WORDS:
            yield where, f"has at most {LONGEST_WORDS} characters"
