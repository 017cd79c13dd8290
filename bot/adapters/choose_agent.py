"""The roster of agents: what each needs, whom it sends what to, and whether it is ready here."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from bot.adapters.agents.cli import CliAgent, CommandAgent
from bot.adapters.agents.loop import LoopAgent
from bot.adapters.agents.mechanic import Mechanic
from bot.adapters.agents.rows import ROWS, Row
from bot.adapters.choose import AdapterChoices
from bot.adapters.choose_model import VENDORS, language_model, model_of, named
from bot.adapters.gateway import WIRES, Cap, Gateway
from bot.domain.errors import ConfigError, NotFound
from bot.domain.ports import Agent, Budget, LanguageModel

# Whose models an agent can ask, the one it takes first in front.
ASKS: Mapping[str, tuple[str, ...]] = {
    "mechanic": (),
    "command": (),
    "loop": ("gemini", "openai"),
    **{name: tuple(row.wires) for name, row in ROWS.items()},
}


def _asked(name: str, c: AdapterChoices) -> dict[str, str]:
    """Whose model it asks here, and which; several where one stands in for another. Empty where it
    asks none, or has no key for any."""
    if name == "loop":
        return {vendor: model for vendor, _, model in (n.partition("/") for n in named(c, "agent"))}
    return {one: model_of(c, one) for one in ASKS[name] if c.of(one).key}


def _key_settings(name: str) -> str:
    return " or ".join(VENDORS[vendor][1] for vendor in ASKS[name])


def _cli(row: Row, c: AdapterChoices) -> Agent:
    vendor, model = next(iter(_asked(row.name, c).items()))
    reached = c.of(vendor)

    def open_gateway(cap: Cap) -> Gateway:
        return Gateway(
            api_key=reached.key,
            model=model,
            wire=WIRES[row.wires[vendor]],
            cap=cap,
            meter=c.meter,
            upstream=reached.base_url,
            host=c.gateway_host,
            port=c.gateway_port,
            public_url=c.gateway_url,
        )

    folder = c.agents_dir / row.name
    return CliAgent(row, open_gateway, model=model, vendor=vendor, folder=folder)


def _loop(c: AdapterChoices) -> Agent:
    def open_model() -> LanguageModel:
        if (model := language_model(c, "agent")) is None:
            raise ConfigError(f"The agent ~loop needs a model: set {_key_settings('loop')}.")
        return model

    return LoopAgent(open_model)


AGENTS: Mapping[str, Callable[[AdapterChoices], Agent]] = {
    "mechanic": lambda _: Mechanic(),
    "loop": _loop,
    "command": lambda c: CommandAgent(c.agent_command),
    **{name: partial(_cli, row) for name, row in ROWS.items()},
}


def agents(names: str, c: AdapterChoices, model: str = "") -> list[Agent]:
    """An agent by name, or several with commas, to be tried in this order; ``model``, as
    ``vendor/model``, takes the place of those that are named for agents. Raises NotFound with the
    names there are, or ConfigError."""
    if model:
        c = replace(c, models={**c.models, "agent": (model,)})
    return [_one(name, c) for name in names.split(",")]


def _one(name: str, c: AdapterChoices) -> Agent:
    if name not in AGENTS:
        raise NotFound(f"There is no agent ~{name}. There are: {', '.join(sorted(AGENTS))}.")
    if ASKS[name] and not _asked(name, c):
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
    names = [each for each in name.split(",") if each in ASKS]
    asked = {each: _vendors(each, c) for each in names}
    return {each: vendors for each, vendors in asked.items() if vendors}


def _vendors(name: str, c: AdapterChoices) -> str:
    """Who hears of it, for people; of a CLI, which asks one, the first."""
    vendors = [*_asked(name, c)]
    return ", ".join(VENDORS[one][0] for one in (vendors if name == "loop" else vendors[:1]))


def readiness(c: AdapterChoices) -> list[tuple[str, str]]:
    """Of every agent that asks a model: what it needs, what it sends, and whether it is there."""
    return [(f"agent {name}", _ready(name, c)) for name in ASKS if ASKS[name]]


def _ready(name: str, c: AdapterChoices) -> str:
    if not (vendors := _vendors(name, c)):
        return f"off; needs {_key_settings(name)}"
    row, state = ROWS.get(name), "ready"
    if row and c.e2b_key:
        state = (
            f"ready where the template has it; {_at_e2b(row)}" if c.gateway_url else _at_e2b(row)
        )
    elif row and not (c.agents_dir / name / "bin" / name).exists():
        state = f"not installed: make agents ARGS={name}"
    return (
        f"{state}; sends the task, the files it reads and test output to {vendors} "
        f"({next(iter(_asked(name, c).values()))}); up to ${Budget().dollars:.2f} a run"
    )
