"""The agent port: one suite, run against every agent on the roster, with a planted bug.

The model behind ``gemini`` and ``kilocode`` is a scripted server that speaks Gemini's wire. The
real Kilo CLI takes part where ``SOULCASTER_KILO`` names it.
"""

from __future__ import annotations

from pathlib import Path

import gemini_server as gemini
import pytest
from agent_bench import FIX, KEY, KILO, Bench, bench, kilo_home

from bot.adapters import choose
from bot.adapters.agents.command import CommandAgent
from bot.domain.errors import ConfigError, NotFound
from bot.domain.ports import Agent

__all__ = ["bench"]


class TestEveryAgent:
    """A right repair, by each agent's own way."""

    @pytest.mark.parametrize(
        ("name", "bench"),
        [(name, name == "kilocode") for name in choose.AGENTS],
        indirect=["bench"],
    )
    async def test_the_planted_bug_is_repaired(self, bench: Bench, name: str) -> None:
        if name == "kilocode" and not KILO:
            pytest.skip("no Kilo CLI: SOULCASTER_KILO names none")
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

    def agent(self, name: str, bench: Bench) -> Agent:
        if name == "gemini":
            return bench.gemini(gemini.runs("cat shop/pages.py"), gemini.runs(FIX), gemini.done())
        if name == "command":
            return CommandAgent(f"cat $SOULCASTER_TASK; {FIX}")
        if name == "kilocode":
            return bench.kilocode(
                gemini.calls("bash", command=FIX, description="repair"),
                *[gemini.text("The slice stopped one short.")] * 3,
                executable=str(kilo_home() / "bin" / "kilo"),
            )
        return choose.agent(name, choose.AdapterChoices(Path(), Path()))

    def test_an_unknown_name_gets_the_names_there_are(self) -> None:
        with pytest.raises(NotFound, match=", ".join(sorted(choose.AGENTS))):
            choose.agent("magic", choose.AdapterChoices(Path(), Path()))

    @pytest.mark.parametrize(
        ("name", "setting"),
        [
            ("gemini", "GEMINI_API_KEY"),
            ("kilocode", "GEMINI_API_KEY"),
            ("command", "SOULCASTER_AGENT_COMMAND"),
        ],
    )
    def test_what_is_missing_is_named(self, name: str, setting: str) -> None:
        with pytest.raises(ConfigError, match=setting):
            choose.agent(name, choose.AdapterChoices(Path(), Path()))

    @pytest.mark.parametrize("name", choose.AGENTS)
    def test_each_is_named_as_on_the_roster(self, name: str) -> None:
        choices = choose.AdapterChoices(Path(), Path(), gemini_key="k", agent_command="true")
        assert choose.agent(name, choices).name == name
