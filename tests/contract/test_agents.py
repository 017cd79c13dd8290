"""The agent port: one suite, run against every agent on the roster, with a planted bug.

The models are scripted, and speak their vendors' wires behind a gateway of ours. The real CLIs
take part where ``make agents`` has put them (``SOULCASTER_AGENTS_DIR``), in sandboxes with walls.
"""

from __future__ import annotations

from pathlib import Path

import gemini_server as gemini
import pytest
from agent_bench import FIX, KEY, PAGES, Bench, bench, require
from vendor_double import Move, run, say

from bot.adapters import choose_agent
from bot.adapters.agents.cli import CommandAgent
from bot.adapters.agents.rows import ROWS
from bot.adapters.choose import AdapterChoices, ModelAccess
from bot.domain.errors import ConfigError, NotFound
from bot.domain.ports import Agent

__all__ = ["bench"]

FIXED = PAGES.decode().replace("size - 1]", "size]")
EDIT = f"shop/pages.py\n```\n{FIXED}```\n"  # of a model that has no tool, in aider's format
SCRIPTS: dict[str, tuple[Move, ...]] = {"aider": (say(EDIT), say("It stopped one short."))}
BY_SHELL = (run("cat shop/pages.py"), run(FIX), say("The slice stopped one short."))


def script(name: str) -> tuple[Move, ...]:
    return SCRIPTS.get(name, BY_SHELL)


class TestEveryAgent:
    """A right repair, by each agent's own way."""

    @pytest.mark.parametrize(
        "name",
        [pytest.param(n, marks=[pytest.mark.long] * (n in ROWS)) for n in choose_agent.AGENTS],
    )
    async def test_the_planted_bug_is_repaired(self, bench: Bench, name: str) -> None:
        if name in ROWS:
            require(name)
        worked = await bench.work(self.agent(name, bench))
        assert (worked.outcome, await bench.is_green()) == ("done", True), worked
        patch = await bench.patch()
        assert set(patch) == {"shop/pages.py"}
        assert "size - 1" not in patch["shop/pages.py"].splitlines()[-1]
        assert worked.note
        assert worked.seconds > 0
        assert worked.steps > 0
        assert bench.told.said
        assert KEY not in repr(worked) + repr(bench.told.said)
        if bench.gateway:
            assert worked.dollars > 0
            assert list(bench.gateway.refused) == []

    def agent(self, name: str, bench: Bench) -> Agent:
        if name in ROWS:
            return bench.cli(name, *script(name))
        if name == "loop":
            return bench.loop(gemini.runs("cat shop/pages.py"), gemini.runs(FIX), gemini.done())
        if name == "command":
            return CommandAgent(f"cat $SOULCASTER_TASK; {FIX}")
        return choose_agent.agents(name, AdapterChoices(Path(), Path()))[0]

    def test_an_unknown_name_gets_the_names_there_are(self) -> None:
        with pytest.raises(NotFound, match=", ".join(sorted(choose_agent.AGENTS))):
            choose_agent.agents("magic", AdapterChoices(Path(), Path()))

    @pytest.mark.parametrize(
        ("name", "setting"),
        [
            ("loop", "GEMINI_API_KEY"),
            ("claude", "ANTHROPIC_API_KEY"),
            ("mechanic,codex", "OPENAI_API_KEY"),
            ("kilo", "ANTHROPIC_API_KEY or OPENAI_API_KEY or GEMINI_API_KEY"),
            ("command", "SOULCASTER_AGENT_COMMAND"),
        ],
    )
    def test_what_is_missing_is_named(self, name: str, setting: str) -> None:
        with pytest.raises(ConfigError, match=setting):
            choose_agent.agents(name, AdapterChoices(Path(), Path()))

    @pytest.mark.parametrize("name", [*choose_agent.AGENTS, "mechanic,claude"])
    def test_each_is_named_as_on_the_roster(self, name: str) -> None:
        access = ModelAccess("k")
        choices = AdapterChoices(
            Path(),
            Path(),
            vendors=dict.fromkeys(choose_agent.VENDORS, access),
            agent_command="true",
        )
        made = choose_agent.agents(name, choices)
        assert ",".join(each.name for each in made) == name
