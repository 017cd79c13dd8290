"""The agent port: one suite, run against every agent on the roster, with a planted bug.

The model behind ``gemini`` and ``kilocode`` is a scripted server that speaks Gemini's wire. The
real Kilo CLI takes part where ``SOULCASTER_KILO`` names it.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gemini_server as gemini
import pytest
from aiohttp.test_utils import TestServer
from gemini_server import GeminiServer

from bot.adapters import choose
from bot.adapters.agents.command import CommandAgent
from bot.adapters.agents.gemini import GeminiAgent
from bot.adapters.agents.kilocode import CONFIG, VERSION, KiloCode
from bot.adapters.agents.transcript import Step, within, without_middle
from bot.adapters.gateway import Gateway
from bot.adapters.language.gemini import GeminiModel
from bot.adapters.sandboxes import isolation
from bot.adapters.sandboxes.local import LocalSandboxes
from bot.domain.errors import ConfigError, NotFound, Unavailable
from bot.domain.patch import Entry, diff, tar_from_tree, tree_from_tar
from bot.domain.ports import Agent, Budget, Limits, RepairTask, Sandbox

KILO = os.environ.get("SOULCASTER_KILO", "")
KEY = "AIza-the-real-key-of-the-worker"
MODEL = "gemini-3.5-flash"
PAGES = b"""\
def last_page(items: int, size: int) -> int:
    return items // size


def page_of(items: list, number: int, size: int) -> list:
    start = (number - 1) * size
    return items[start : start + size - 1]
"""
TEST = b"""\
from shop.pages import page_of


def test_a_page_is_full():
    assert page_of([1, 2, 3, 4, 5, 6], 1, 3) == [1, 2, 3]
    assert page_of([1, 2, 3, 4, 5, 6], 2, 3) == [4, 5, 6]
"""
SUITE = b"""\
from shop.pages import last_page


def test_last_page():
    assert last_page(6, 3) == 2
"""
TREE = {
    "shop/__init__.py": Entry(data=b""),
    "shop/pages.py": Entry(data=PAGES),
    "tests/test_page.py": Entry(data=TEST),
    "tests/test_suite.py": Entry(data=SUITE),
}
FAILING = "python -m pytest -q tests/test_page.py"
TASK = RepairTask(
    title="The last article of every page is missing",
    plan="A page holds one article too few.",
    evidence="Page 1 shows 2 of 3 articles.",
    rules="Keep it simple.",
    root=".",
    failing=(FAILING,),
    suite="python -m pytest -q",
    test_files=("tests/test_page.py",),
    suspects=("shop/pages.py",),
)
FIX = "sed -i 's/size - 1\\]/size]/' shop/pages.py"
WRONG = "sed -i 's/size - 1\\]/size - 2]/' shop/pages.py"


@dataclass
class Told:
    """What an agent said, and the notes it is given."""

    said: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    async def tell(self, words: str) -> None:
        self.said.append(words)

    async def heard(self) -> list[str]:
        return list(self.notes)


@dataclass
class Bench:
    """A sandbox with the planted bug, and a scripted model."""

    sandbox: Sandbox
    server: GeminiServer
    url: str
    told: Told = field(default_factory=Told)

    def gemini(self, *script: gemini.Script, model: str = MODEL) -> GeminiAgent:
        self.server.script = script
        return GeminiAgent(
            lambda: GeminiModel(api_key=KEY, model=model, base_url=self.url, timeout=5)
        )

    def kilocode(self, *script: gemini.Script, **options: Any) -> KiloCode:
        self.server.script = script

        def open_gateway(cap: Any) -> Gateway:
            return Gateway(api_key=KEY, model=MODEL, cap=cap, upstream=self.url)

        return KiloCode(open_gateway, model=MODEL, **options)

    async def work(self, agent: Agent, *, task: RepairTask = TASK, **budget: Any) -> Any:
        return await agent.work(
            task,
            self.sandbox,
            budget=Budget(**{"seconds": 120, **budget}),
            tell=self.told.tell,
            heard=self.told.heard,
        )

    async def patch(self) -> dict[str, str]:
        """The changed files, but for our own."""
        own = (".soulcaster", ".pytest_cache")
        after = tree_from_tar(
            await self.sandbox.download(exclude=["__pycache__", *own]), skip=lambda _: False
        )
        changes = diff(TREE, after).changes
        return {c.path: (c.after.data.decode() if c.after else "") for c in changes}

    async def sandbox_runs(self, command: str) -> None:
        """Wait until the agent has started ``command``."""
        while not any(command in said for said in self.told.said):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def is_green(self) -> bool:
        return (await self.sandbox.run(FAILING, timeout=60)).exit_code == 0


@pytest.fixture
async def bench(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """``indirect`` True opens the machine's network to the sandbox, for the CLI's gateway."""
    networked = bool(getattr(request, "param", False))
    tools = [*isolation.toolchain(), *([_kilo_home()] if KILO else [])]
    adapter = LocalSandboxes(
        tmp_path, trusted=frozenset({"acme/shop"}), tools=tools, open_network=networked
    )
    sandbox = await adapter.open(
        template="",
        limits=Limits(),
        egress=["127.0.0.1"] if networked else [],
        key="bench",
        labels={"repository": "acme/shop"},
    )
    await sandbox.upload(tar_from_tree(TREE))
    server = GeminiServer()
    async with TestServer(server.app(), host="127.0.0.1") as served:
        yield Bench(sandbox, server, str(served.make_url("")).rstrip("/"))
    await sandbox.kill()


def _kilo_home() -> Path:
    """The folder of the platform's binary: ``bin/kilo`` in it."""
    return Path(KILO).resolve().parent.parent


class TestEveryAgent:
    """A right repair, by each agent's own way."""

    @pytest.mark.parametrize(
        ("name", "bench"),
        [("mechanic", False), ("gemini", False), ("command", False), ("kilocode", True)],
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
        assert worked.log
        assert KEY not in repr(worked)

    def agent(self, name: str, bench: Bench) -> Agent:
        if name == "gemini":
            return bench.gemini(gemini.runs("cat shop/pages.py"), gemini.runs(FIX), gemini.done())
        if name == "command":
            return CommandAgent(f"cat $SOULCASTER_TASK; {FIX}")
        if name == "kilocode":
            return bench.kilocode(
                gemini.calls("bash", command=FIX, description="repair"),
                *[gemini.text("The slice stopped one short.")] * 3,
                executable=str(_kilo_home() / "bin" / "kilo"),
            )
        return choose.agent(name, choose.Choices(Path(), Path()))

    def test_the_roster_is_this_one(self) -> None:
        assert set(choose.AGENTS) == {"mechanic", "gemini", "command", "kilocode"}

    def test_an_unknown_name_gets_the_names_there_are(self) -> None:
        with pytest.raises(NotFound, match="command, gemini, kilocode, mechanic"):
            choose.agent("magic", choose.Choices(Path(), Path()))

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
            choose.agent(name, choose.Choices(Path(), Path()))

    @pytest.mark.parametrize("name", ["gemini", "kilocode", "command"])
    def test_each_is_named_as_on_the_roster(self, name: str) -> None:
        choices = choose.Choices(Path(), Path(), gemini_key="k", agent_command="true")
        assert choose.agent(name, choices).name == name


class TestGemini:
    async def test_what_the_model_sees(self, bench: Bench) -> None:
        bench.told.notes = ["ana: keep the signature"]
        agent = bench.gemini(gemini.runs("echo seen; exit 3"), gemini.runs(FIX), gemini.done())
        worked = await bench.work(agent)
        first, second, _ = bench.server.asked
        for ours in (FAILING, TASK.suite, "tests/test_page.py", "ana: keep the signature"):
            assert ours in first.system
        data = first.texts[-1]
        for theirs in (TASK.title, TASK.plan, TASK.evidence, TASK.rules, "shop/pages.py"):
            assert theirs in data
        assert TASK.title not in first.system
        assert TASK.evidence not in first.system
        assert "$ echo seen; exit 3\nexit code 3\nseen" in second.texts[-1]
        assert "$ echo seen; exit 3" in worked.log
        assert worked.note == "repaired"
        assert worked.dollars == pytest.approx(3 * (1_000 * 1.5 + 100 * 9) / 1e6)

    async def test_done_is_checked(self, bench: Bench) -> None:
        agent = bench.gemini(gemini.runs(WRONG), gemini.done(), gemini.says({"summary": "no idea"}))
        worked = await bench.work(agent)
        assert (worked.outcome, worked.note) == ("gave up", "no idea")
        assert "Not done, this still fails" in bench.server.asked[2].texts[-1]
        assert not await bench.is_green()

    async def test_no_patch(self, bench: Bench) -> None:
        worked = await bench.work(bench.gemini(gemini.says({"summary": "cannot be repaired"})))
        assert (worked.outcome, worked.steps) == ("gave up", 1)
        assert await bench.patch() == {}

    async def test_an_edited_test_is_left_for_the_policy(self, bench: Bench) -> None:
        cheat = "printf 'def test_x():\\n    pass\\n' > tests/test_page.py"
        worked = await bench.work(bench.gemini(gemini.runs(cheat), gemini.done()))
        assert worked.outcome == "done"
        assert set(await bench.patch()) == {"tests/test_page.py"}

    async def test_endless_steps_end(self, bench: Bench) -> None:
        worked = await bench.work(bench.gemini(*[gemini.runs("true")] * 50), steps=4)
        assert (worked.outcome, worked.steps) == ("limit reached", 4)
        assert len(bench.server.asked) == 4
        assert "4 steps" in worked.note

    async def test_the_money_ends(self, bench: Bench) -> None:
        worked = await bench.work(bench.gemini(*[gemini.runs("true")] * 50), dollars=0.006)
        assert worked.outcome == "limit reached"
        assert worked.steps == 2  # 0.0024 each: a third would be over
        assert worked.dollars <= 0.006

    async def test_without_a_price_it_says_so(self, bench: Bench) -> None:
        agent = bench.gemini(gemini.runs(FIX), gemini.done(), model="gemini-next")
        worked = await bench.work(agent)
        assert worked.outcome == "done"
        assert "no price is known for gemini-next" in bench.told.said[0]

    async def test_the_time_ends_a_long_command(self, bench: Bench) -> None:
        began = time.monotonic()
        worked = await bench.work(bench.gemini(gemini.runs("sleep 60")), seconds=2)
        assert worked.outcome == "limit reached"
        assert time.monotonic() - began < 10

    async def test_the_time_ends_a_slow_model(self, bench: Bench) -> None:
        worked = await bench.work(bench.gemini(gemini.runs("true", after=4)), seconds=1)
        assert (worked.outcome, worked.seconds < 3) == ("limit reached", True)

    async def test_being_cancelled_ends_the_command(self, bench: Bench) -> None:
        agent = bench.gemini(gemini.runs("sleep 60", thought="sleep 60"))
        work = asyncio.create_task(bench.work(agent))
        await asyncio.wait_for(bench.sandbox_runs("sleep 60"), 20)
        began = time.monotonic()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert time.monotonic() - began < 5

    @pytest.mark.parametrize(
        "bad",
        [
            gemini.text("{oops"),
            gemini.says({"thought": "nothing"}),
            gemini.says({"command": "ls", "done": True}),
            gemini.says({"command": ["ls"]}),
        ],
    )
    async def test_malformed_once_is_mended(self, bench: Bench, bad: gemini.Reply) -> None:
        worked = await bench.work(bench.gemini(bad, gemini.runs(FIX), gemini.done()))
        assert worked.outcome == "done"

    @pytest.mark.parametrize(
        "end",
        [
            [gemini.text("{oops")] * 2,
            [gemini.blocked()],
            [gemini.error(400, "INVALID_ARGUMENT")],
            [gemini.error(403, "PERMISSION_DENIED")],
        ],
    )
    async def test_a_refusal_is_an_honest_end(self, bench: Bench, end: list[Any]) -> None:
        worked = await bench.work(bench.gemini(gemini.runs("true"), *end))
        assert worked.outcome == "broken"
        assert worked.note
        assert worked.dollars > 0

    async def test_it_goes_on_after_429_and_500(self, bench: Bench) -> None:
        busy = gemini.error(429, "RESOURCE_EXHAUSTED", retry_in="0.2s")
        agent = bench.gemini(
            busy, gemini.runs(FIX), gemini.error(500, "INTERNAL"), busy, gemini.done()
        )
        assert (await bench.work(agent)).outcome == "done"

    async def test_a_model_that_is_away_is_unavailable(self, bench: Bench) -> None:
        agent = bench.gemini(gemini.error(429, "RESOURCE_EXHAUSTED", retry_in="900s"))
        with pytest.raises(Unavailable) as raised:
            await bench.work(agent)
        assert raised.value.retry_after == 900

    async def test_notes_are_heard_before_each_step(self, bench: Bench) -> None:
        def second(_body: Any) -> gemini.Reply:
            return gemini.runs(FIX)

        def first(_body: Any) -> gemini.Reply:
            bench.told.notes.append("bo: look at the slice")
            return gemini.runs("true")

        await bench.work(bench.gemini(first, second, gemini.done()))
        systems = [asked.system for asked in bench.server.asked]
        assert ["look at the slice" in s for s in systems] == [False, True, True]
        assert [s.count("look at the slice") for s in systems] == [0, 1, 1]
        assert "heard: bo: look at the slice" in bench.told.said

    async def test_long_output_loses_its_middle(self, bench: Bench) -> None:
        noisy = "echo START; seq 100000; echo END"
        await bench.work(bench.gemini(gemini.runs(noisy), gemini.says({"summary": "stop"})))
        shown = bench.server.asked[1].texts[-1]
        assert len(shown) < 10_000
        assert "START" in shown
        assert "END" in shown
        assert "left out" in shown


class TestCommand:
    async def test_it_finds_the_task(self, bench: Bench) -> None:
        agent = CommandAgent(
            'grep -c "Page 1 shows" "$SOULCASTER_TASK" && cat "$SOULCASTER_TASK_JSON"; tty'
        )
        bench.told.notes = ["ana: hurry"]
        worked = await bench.work(agent)
        assert worked.outcome == "broken"  # tty says there is none
        assert "1" in worked.log
        assert any("tests/test_page.py" in line for line in worked.log)
        assert any("ana: hurry" in line for line in worked.log)

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
        worked = await bench.work(CommandAgent("while :; do echo on; sleep 0.2; done"), seconds=2)
        assert worked.outcome == "limit reached"
        assert worked.seconds < 10

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
        said = "\n".join(worked.log)
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
            executable=str(_kilo_home() / "bin" / "kilo"),
        )
        worked = await bench.work(agent, steps=3, seconds=150)
        assert (worked.outcome, worked.steps) == ("limit reached", 3)
        assert len(bench.server.asked) == 3
        assert {asked.key for asked in bench.server.asked} == {KEY}
        assert (await bench.sandbox.read(CONFIG)).count(KEY.encode()) == 0


async def _stand_in(bench: Bench, script: str) -> None:
    await bench.sandbox.write("kilo", f"#!/bin/sh\n{script}\n".encode(), executable=True)


class TestTranscript:
    def test_the_middle_goes(self) -> None:
        assert without_middle("abc", 3) == "abc"
        cut = without_middle("a" * 50 + "b" * 50, 30)
        assert cut == f"{'a' * 10}\n[... 70 characters left out ...]\n{'b' * 20}"

    def test_old_steps_become_lines(self) -> None:
        steps = [Step(f"t{n}", f"c{n}", f"exit code 0\n{'x' * 100}") for n in range(1, 6)]
        shown = within(steps, 360)
        assert "Step 1: c1 -> exit code 0" in shown
        assert shown.count("x" * 100) == 2
        assert shown.endswith("x" * 100)

    def test_the_newest_is_always_whole(self) -> None:
        assert within([Step("t", "c", "y" * 500)], 10).endswith("y" * 500)
        assert within([], 10) == ""

    def test_the_oldest_lines_go_too(self) -> None:
        steps = [Step("t", f"command {n}", "z" * 300) for n in range(300)]
        assert len(within(steps, 2_000)) < 2_600
        assert "earlier steps left out" in within(steps, 2_000)
