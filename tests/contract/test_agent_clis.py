"""CLIs in the sandbox: any command, and Kilo. The real Kilo where ``SOULCASTER_KILO`` names it."""

from __future__ import annotations

import gemini_server as gemini
import pytest
from agent_bench import KEY, KILO, Bench, bench, kilo_home

from bot.adapters.agents.command import CommandAgent
from bot.adapters.agents.kilocode import CONFIG, VERSION
from bot.domain.errors import ConfigError
from bot.domain.ports import RepairTask

__all__ = ["bench"]


class TestCommand:
    async def test_it_finds_the_task(self, bench: Bench) -> None:
        agent = CommandAgent(
            'grep -c "Page 1 shows" "$SOULCASTER_TASK" && cat "$SOULCASTER_TASK_JSON"; tty', every=0
        )
        bench.told.notes = ["ana: hurry"]
        worked = await bench.work(agent)
        assert worked.outcome == "broken"  # tty says there is none
        assert "1" in bench.told.said
        assert any("tests/test_page.py" in line for line in bench.told.said)
        assert any("ana: hurry" in line for line in bench.told.said)

    @pytest.mark.parametrize(
        ("template", "outcome", "said"),
        [
            ("echo fine", "done", "fine"),
            ("true", "done", "said nothing"),
            ("echo no; exit 3", "broken", "exit code 3: no"),
            ("no-such-agent", "broken", "template"),
        ],
    )
    async def test_how_it_ends(self, bench: Bench, template: str, outcome: str, said: str) -> None:
        worked = await bench.work(CommandAgent(template))
        assert worked.outcome == outcome
        assert said in worked.note

    async def test_its_time_is_limited(self, bench: Bench) -> None:
        agent = CommandAgent("for i in $(seq 60); do echo on; sleep 1; done; touch over")
        worked = await bench.work(agent, seconds=2)
        assert worked.outcome == "limit reached"
        assert await bench.patch() == {}

    async def test_its_silence_ends_it(self, bench: Bench) -> None:
        worked = await bench.work(CommandAgent("echo a; sleep 60", silence=1))
        assert worked.outcome == "broken"
        assert "nothing for 1 s" in worked.note
        assert (await bench.sandbox.run("echo on", timeout=9)).stdout == "on\n"

    async def test_it_is_told_of_now_and_then(self, bench: Bench) -> None:
        await bench.work(CommandAgent("for i in $(seq 5000); do echo $i; done", every=60))
        assert bench.told.said == ["1"]

    async def test_it_starts_in_the_checkout(self, bench: Bench) -> None:
        await bench.sandbox.run("mkdir -p deep/er", timeout=9)
        task = RepairTask("t", "p", "e", "r", "deep/er", (), "")
        worked = await bench.work(
            CommandAgent('test -s "$SOULCASTER_TASK" && basename "$PWD"'), task=task
        )
        assert (worked.outcome, worked.note) == ("done", "er")


class TestKilo:
    """Without the CLI: what is refused. With it: the real one."""

    async def test_a_template_without_it_is_named(self, bench: Bench) -> None:
        with pytest.raises(ConfigError, match="npm install -g @kilocode/cli@"):
            await bench.work(bench.kilocode(executable="no-such-kilo"))

    async def test_another_version_is_refused(self, bench: Bench) -> None:
        await _stand_in(bench, "echo 0.0.1")
        with pytest.raises(ConfigError, match=r"has '0\.0\.1'"):
            await bench.work(bench.kilocode(executable="./kilo"))

    async def test_a_sandbox_without_network_is_refused(self, bench: Bench) -> None:
        await _stand_in(bench, f"echo {VERSION}")
        with pytest.raises(ConfigError, match="SOULCASTER_GATEWAY_URL"):
            await bench.work(bench.kilocode(executable="./kilo"))
        assert bench.server.asked == []

    @pytest.mark.parametrize("bench", [True], indirect=True)
    async def test_its_silence_ends_it(self, bench: Bench) -> None:
        await _stand_in(bench, f'test "$1" = run && sleep 60; echo {VERSION}')
        worked = await bench.work(bench.kilocode(executable="./kilo", silence=1))
        assert (worked.outcome, "said nothing" in worked.note) == ("broken", True)

    @pytest.mark.parametrize("bench", [True], indirect=True)
    async def test_no_key_is_in_the_sandbox(self, bench: Bench) -> None:
        await _stand_in(
            bench,
            f'test "$1" = run && {{ cat "$KILO_CONFIG"; env; exit 0; }}; echo {VERSION}',
        )
        worked = await bench.work(bench.kilocode(executable="./kilo"))
        said = "\n".join(bench.told.said)
        assert worked.outcome == "done"
        assert '"baseURL": "http://127.0.0.1:' in said
        assert KEY not in said
        token = said.split('"apiKey": "')[1].split('"')[0]
        environment = said.split('"permission"')[1]
        assert token not in environment

    @pytest.mark.skipif(not KILO, reason="no Kilo CLI: SOULCASTER_KILO names none")
    @pytest.mark.parametrize("bench", [True], indirect=True)
    async def test_the_real_one_stops_at_the_cap(self, bench: Bench) -> None:
        agent = bench.kilocode(
            *[gemini.calls("bash", command="true", description="again")] * 40,
            executable=str(kilo_home() / "bin" / "kilo"),
        )
        worked = await bench.work(agent, steps=3, seconds=150)
        assert (worked.outcome, worked.steps) == ("limit reached", 3)
        assert len(bench.server.asked) == 3
        assert {asked.key for asked in bench.server.asked} == {KEY}
        assert KEY not in (await bench.sandbox.run(f"cat {CONFIG}", timeout=20)).stdout


async def _stand_in(bench: Bench, script: str) -> None:
    await bench.sandbox.write("kilo", f"#!/bin/sh\n{script}\n".encode())
    await bench.sandbox.run("chmod +x kilo", timeout=20)
