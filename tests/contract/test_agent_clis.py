"""CLIs in the sandbox: any command, and those of the table."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agent_bench import KEY, REAL, Bench, bench, require
from vendor_double import Move, run, say

from bot.adapters.agents.cli import CliAgent, CommandAgent
from bot.adapters.agents.lines import plain
from bot.adapters.agents.rows import ROWS
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


class TestCli:
    """What ends it, with a stand-in where the real ones are slow to start."""

    async def test_a_sandbox_without_it_is_told_how_to_get_it(self, bench: Bench) -> None:
        with pytest.raises(ConfigError, match=r"has none: `make agents ARGS=claude`"):
            await bench.work(bench.cli("claude", folder=Path("/nowhere")))

    async def test_another_version_is_refused(self, bench: Bench) -> None:
        agent = await stand_in(bench, "", version="0.0.1")
        with pytest.raises(ConfigError, match=r"has 0\.0\.1"):
            await bench.work(agent)

    async def test_it_reaches_the_gateway_and_nothing_else(self, bench: Bench) -> None:
        ask = "curl -sS -m 9 -o /dev/null -w '%{http_code}\\n'"
        agent = await stand_in(
            bench,
            f"{ask} $ANTHROPIC_BASE_URL/open; {ask} {bench.double_url}/ || echo shut; "
            f"{ask} http://192.0.2.7 || echo shut",
        )
        await bench.work(agent)
        said = bench.told.said
        assert "200" in said
        assert said.count("shut") == 2
        assert bench.double.heard == []
        shut = "curl -sS -m 9 http://127.0.0.1:3141/open || echo shut"
        after = await bench.sandbox.run(shut, timeout=20)
        assert after.stdout == "shut\n", "the way out is closed once the agent has ended"

    async def test_no_key_is_in_the_sandbox(self, bench: Bench) -> None:
        processes = "/proc/[0-9]*/cmdline /proc/[0-9]*/environ"
        looks = f"env; cat .soulcaster/*; cat {processes} | tr '\\0' '\\n'"
        agent = await stand_in(bench, looks)
        worked = await bench.work(agent)
        said = "\n".join(bench.told.said)
        assert worked.outcome == "done"
        assert f"ANTHROPIC_API_KEY={bench.gateway.token}" in said
        assert KEY not in said

    @pytest.mark.parametrize(
        ("does", "outcome", "note"),
        [
            ("sleep 60", "broken", "said nothing for 2 seconds"),
            ("read answer || exit 3", "broken", "exit code 3"),
            ("yes | head -c 9000000", "broken", "printed more than"),
            ("echo x > /usr/escaped || exit 4", "broken", "exit code 4"),
            ("exit 0", "done", "said nothing"),
        ],
        ids=["hangs", "asks", "floods", "writes outside", "changes nothing"],
    )
    async def test_how_it_ends(self, bench: Bench, does: str, outcome: str, note: str) -> None:
        silence = 2 if does == "sleep 60" else 60
        worked = await bench.work(await stand_in(bench, does, silence=silence))
        assert (worked.outcome, note in worked.note) == (outcome, True), worked
        assert await bench.patch() == {}


@pytest.mark.parametrize("name", REAL)
class TestReal:
    """What ends the CLIs themselves, as they are installed."""

    async def test_it_is_stopped_while_its_model_thinks(self, bench: Bench, name: str) -> None:
        require(name)
        work = asyncio.create_task(bench.work(bench.cli(name, Move("wait"))))
        await bench.model_is_asked()
        work.cancel()
        await asyncio.wait({work}, timeout=20)
        assert work.cancelled()
        left = await bench.sandbox.run("cat /proc/[0-9]*/cmdline", timeout=20)
        assert name not in left.stdout

    @pytest.mark.parametrize(
        ("budget", "note"),
        [({"steps": 3}, "3 requests are used up"), ({"dollars": 0.02}, "of $0.02 are used up")],
        ids=["requests", "dollars"],
    )
    async def test_it_stops_at_the_cap(
        self, bench: Bench, name: str, budget: dict[str, Any], note: str
    ) -> None:
        require(name)
        if name == "aider":
            pytest.skip("it asks once, and runs what nobody answers")
        worked = await bench.work(bench.cli(name, run("true")), **budget)
        assert (worked.outcome, note in worked.note) == ("limit reached", True), worked
        assert worked.steps == len(bench.double.heard)
        assert worked.dollars <= budget.get("dollars", 1)

    @pytest.mark.parametrize("answer", ["data: {not json\n\n", "nothing of the kind"])
    async def test_what_is_no_answer_ends_it(self, bench: Bench, name: str, answer: str) -> None:
        require(name)
        worked = await bench.work(bench.cli(name, Move("garbage", answer)), steps=4, seconds=90)
        assert worked.outcome in ("broken", "limit reached"), worked

    @pytest.mark.long  # they ask again
    async def test_a_service_that_is_away_ends_it(self, bench: Bench, name: str) -> None:
        require(name)
        agent = bench.cli(name, upstream="http://127.0.0.1:9", silence=30)
        worked = await bench.work(agent, steps=4, seconds=90)
        assert worked.outcome in ("broken", "limit reached"), worked
        assert worked.dollars == 0

    @pytest.mark.long  # they ask again
    async def test_a_gateway_that_goes_away_ends_it(self, bench: Bench, name: str) -> None:
        require(name)
        agent = bench.cli(name, Move("wait"), silence=30)
        work = asyncio.create_task(bench.work(agent, seconds=120))
        await bench.model_is_asked()
        await bench.gateway.__aexit__()
        worked = await work
        # Kilo asks again, and says so, as long as it may.
        assert worked.outcome == ("limit reached" if name == "kilo" else "broken"), worked

    async def test_a_flood_of_words_is_cut(self, bench: Bench, name: str) -> None:
        require(name)
        worked = await bench.work(
            bench.cli(name, run("yes | head -c 9000000"), say("on " * 500_000))
        )
        assert worked.outcome == "done", worked
        assert len(worked.note) <= 2_000

    async def test_no_key_is_in_its_sandbox(self, bench: Bench, name: str) -> None:
        """Neither in processes nor in files that they write, nor in what is told."""
        require(name)
        theirs = KEY.replace("real", "[r]eal")  # no look finds itself
        look = f"cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | grep -ac '{theirs}'; echo looked"
        worked = await bench.work(bench.cli(name, run(look), say("Done.")))
        if name != "aider":  # it runs nothing for its model
            assert re.search(r"(?<!\d)0\W+nlooked", json.dumps(bench.double.heard[-1].body))
        mounts = """$(awk '$4 ~ /^rw/ && $3 != "proc" { print $2 }' /proc/self/mounts)"""
        look = f"find {mounts} -type f -exec grep -las '{theirs}' {{}} +"
        look = f"echo '{theirs}' | tr -d '[]' >seen; {look}"
        looked = await bench.sandbox.run(look, timeout=120)
        assert looked.stdout == "/sandbox/work/seen\n", looked
        assert KEY not in "\n".join([*bench.told.said, worked.note])


async def stand_in(bench: Bench, does: str, *, version: str = "", **options: Any) -> CliAgent:
    """An agent of claude's row whose program does that; its output is plain."""
    row = replace(ROWS["claude"], read=plain)
    script = (
        f"#!/bin/sh\ntest $1 = --version && echo {version or row.version} || {{ {does or ':'}; }}\n"
    )
    await bench.sandbox.write("bin/claude", script.encode())
    await bench.sandbox.run("chmod +x bin/claude; mv bin ~/bin", timeout=20)
    home = (await bench.sandbox.run("echo ~", timeout=20)).stdout.strip()
    return bench.cli("claude", row=row, folder=Path(home), every=0, **options)
