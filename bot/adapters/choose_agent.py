"""The roster of agents: what each needs, whom it sends what to, and whether it is ready here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from bot.adapters.agents.cli import CliAgent
from bot.adapters.agents.command import CommandAgent
from bot.adapters.agents.loop import LoopAgent
from bot.adapters.agents.mechanic import Mechanic
from bot.adapters.agents.rows import ROWS, Row
from bot.adapters.choose import AdapterChoices, ModelAccess, gemini_model
from bot.adapters.gateway import WIRES, Cap, Gateway
from bot.domain.errors import ConfigError, NotFound
from bot.domain.ports import Agent, Budget

# Of a vendor: its name for people, and the setting that holds its key.
VENDORS = {
    "anthropic": ("Anthropic", "ANTHROPIC_API_KEY"),
    "openai": ("OpenAI", "OPENAI_API_KEY"),
    "gemini": ("Google", "GEMINI_API_KEY"),
}
# Whose models an agent can ask, the one it takes first in front.
ASKS: Mapping[str, tuple[str, ...]] = {
    "mechanic": (),
    "command": (),
    "loop": ("gemini",),
    **{name: tuple(row.wires) for name, row in ROWS.items()},
}


def _access(c: AdapterChoices, vendor: str) -> ModelAccess:
    google = ModelAccess(c.gemini_key, c.gemini_base_url, c.gemini_model)
    return {"anthropic": c.anthropic, "openai": c.openai, "gemini": google}[vendor]


def _vendor(name: str, c: AdapterChoices) -> str:
    """Whose model it asks here; empty where it asks none, or has no key for any."""
    return next((one for one in ASKS[name] if _access(c, one).key), "")


def _key_settings(name: str) -> str:
    return " or ".join(VENDORS[vendor][1] for vendor in ASKS[name])


def _cli(row: Row, c: AdapterChoices) -> Agent:
    vendor = _vendor(row.name, c)
    access = _access(c, vendor)

    def open_gateway(cap: Cap) -> Gateway:
        return Gateway(
            api_key=access.key,
            model=access.model,
            wire=WIRES[row.wires[vendor]],
            cap=cap,
            upstream=access.base_url,
            host=c.gateway_host,
            port=c.gateway_port,
            public_url=c.gateway_url,
        )

    folder = c.agents_dir / row.name
    return CliAgent(row, open_gateway, model=access.model, vendor=vendor, folder=folder)


AGENTS: Mapping[str, Callable[[AdapterChoices], Agent]] = {
    "mechanic": lambda _: Mechanic(),
    "loop": lambda c: LoopAgent(lambda: gemini_model(c)),
    "command": lambda c: CommandAgent(c.agent_command),
    **{name: partial(_cli, row) for name, row in ROWS.items()},
}


def agents(names: str, c: AdapterChoices) -> list[Agent]:
    """An agent by name, or several with commas, to be tried in this order.

    Raises NotFound with the names there are, or ConfigError.
    """
    return [_one(name, c) for name in names.split(",")]


def _one(name: str, c: AdapterChoices) -> Agent:
    if name not in AGENTS:
        raise NotFound(f"There is no agent ~{name}. There are: {', '.join(sorted(AGENTS))}.")
    if ASKS[name] and not _vendor(name, c):
        raise ConfigError(
            f"The agent ~{name} needs a model: set {_key_settings(name)}, or use ~mechanic."
        )
    if name in ROWS and c.e2b_key and not c.gateway_url:  # known before a machine is paid for
        raise ConfigError(f"~{name} {_at_e2b(ROWS[name])}; ~mechanic needs neither.")
    return AGENTS[name](c)


def _at_e2b(row: Row) -> str:
    return (
        f"needs at E2B a template (SOULCASTER_E2B_TEMPLATE) with {row.package} {row.version}, "
        "and SOULCASTER_GATEWAY_URL, where E2B reaches this worker"
    )


def sends_to(name: str, c: AdapterChoices) -> Mapping[str, str]:
    """Of the agents in ``name`` those that send code away, each with its vendor for people."""
    asked = {each: _vendor(each, c) for each in name.split(",") if each in ASKS}
    return {each: VENDORS[vendor][0] for each, vendor in asked.items() if vendor}


def readiness(c: AdapterChoices) -> list[tuple[str, str]]:
    """Of every agent that asks a model: what it needs, what it sends, and whether it is there."""
    return [(f"agent {name}", _ready(name, c)) for name in ASKS if ASKS[name]]


def _ready(name: str, c: AdapterChoices) -> str:
    if not (vendor := _vendor(name, c)):
        return f"off; needs {_key_settings(name)}"
    row, state = ROWS.get(name), "ready"
    if row and c.e2b_key:
        state = (
            f"ready where the template has it; {_at_e2b(row)}" if c.gateway_url else _at_e2b(row)
        )
    elif row and not (c.agents_dir / name / "bin" / name).exists():
        state = f"not installed: make agents ARGS={name}"
    return (
        f"{state}; sends the task, the files it reads and test output to {VENDORS[vendor][0]} "
        f"({_access(c, vendor).model}); up to ${Budget().dollars:.2f} a run"
    )
